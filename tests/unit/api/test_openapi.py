"""The OpenAPI document: whole, valid, and never changed by accident."""

import json
import re
from typing import Any

import msgspec
import pytest
from litestar import Request, get, post

from sotabox.api.body import read_json
from sotabox.api.contract import bare_of, contract
from sotabox.api.openapi import render_openapi
from sotabox.api.routes import openapi
from tests.in_process import InProcess, open_site
from tests.reference import OPENAPI, render_api
from tests.unit.api.test_who_may_what import api_of

DOCUMENT = openapi()
METHODS = {"get", "post", "put", "patch", "delete"}


def operations() -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{method.upper()} {path}", operation)
        for path, methods in DOCUMENT["paths"].items()
        for method, operation in methods.items()
    ]


def test_document_is_the_one_that_clients_know() -> None:
    """A change of it is meant: `make docs` writes the file anew, and its diff is reviewed."""
    assert OPENAPI.read_text(encoding="utf-8") == render_api()


def test_document_has_every_address() -> None:
    """Nothing of `/v1` is left out, and nothing is made up."""
    described = [name for name, _ in operations() if " /v1/" in name]
    assert sorted(described) == api_of()


async def test_document_needs_no_key(site: InProcess) -> None:
    """Programs read it before they have one."""
    answer = await site.client.get("/v1/openapi.json", headers={"Authorization": ""})
    assert answer.status_code == 200
    assert answer.json() == json.loads(json.dumps(DOCUMENT))


def test_references_lead_somewhere_and_nothing_is_left_over() -> None:
    """Every schema and response is there, and used."""
    text = json.dumps(DOCUMENT)
    used = set(re.findall(r'"\$ref": "#/components/(\w+/[^"]+)"', text))
    defined = {
        f"{kind}/{name}"
        for kind in ("schemas", "responses")
        for name in DOCUMENT["components"][kind]
    }
    assert used == defined


def test_operations_have_names_of_their_own() -> None:
    """Generators make functions of them."""
    names = [operation["operationId"] for _, operation in operations()]
    assert len(names) == len(set(names))
    assert all(operation["summary"] for _, operation in operations())


@pytest.mark.parametrize(("name", "operation"), operations())
def test_operation_says_how_it_succeeds_and_fails(name: str, operation: dict[str, Any]) -> None:
    """Each has a success; whoever needs a key may have none; what has an id may not exist."""
    statuses = set(operation["responses"])
    assert statuses & {"200", "201", "202", "204"}
    assert {"400", "429", "500", "503"} <= statuses
    assert "401" in statuses or not operation["security"]
    if "{" in name:
        assert "404" in statuses
    if "requestBody" in operation:
        assert {"413", "415", "422"} <= statuses


class BodyIn(msgspec.Struct):
    name: str


def test_route_without_contract_is_an_error() -> None:
    """Nobody adds an address that clients are not told of."""

    @get("/x")
    async def undeclared() -> None:
        """Says nothing."""

    with pytest.raises(LookupError, match="undeclared"):
        render_openapi([("", undeclared)], "1", "")


@pytest.mark.parametrize("opt", [{}, contract(bare_of(str))])
async def test_body_that_is_not_declared_is_not_decoded(tmp_path: Any, opt: dict[str, Any]) -> None:
    """What the document says of bodies is what the code does, or the suite sees it."""

    @post("/x", opt=opt)
    async def takes(request: Request[Any, Any, Any]) -> None:
        await read_json(request, BodyIn)

    async with open_site(tmp_path, routes=[takes]) as site:
        answer = await site.client.post("/x", json={"name": "a"})
    assert answer.status_code == 500
