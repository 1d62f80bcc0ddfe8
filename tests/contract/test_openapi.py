"""What the OpenAPI document says, held against a real box by made-up requests."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from sotabox.api.routes import openapi
from tests.box import Box, running_box

pytestmark = [pytest.mark.engine, pytest.mark.slow]

OPERATIONS = [(path, method) for path, methods in openapi()["paths"].items() for method in methods]
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
#: Each waits at every example: for the engine, a name server, a password's hash, or its stream's end.
FEWER = {"/v1/projects/{project}/domains", "/v1/projects", "/v1/events", "/v1/auth/session"}
#: Builds, but has nothing to start: its deployment ends at once, with all that one leaves.
LIFELESS = {"Dockerfile": "FROM scratch\nCOPY Dockerfile /\n"}


@dataclass(frozen=True)
class Fuzzed:
    """A box of its own, with one thing of each kind, and the document that it serves."""

    box: Box
    document: Any
    known: dict[str, str]  # by the parameter of a path


@pytest.fixture(scope="module")
def fuzzed(docker_host: str) -> Iterator[Fuzzed]:  # noqa: ARG001 - its end tells what was left
    with running_box(stream_max_s="1") as box:
        slug = f"t{secrets.token_hex(4)}"
        project = box.create(slug)
        box.request("POST", f"/v1/projects/{slug}/envs", {"key": "A", "value": "1"})
        hook = {"url": "http://8.8.8.8/", "events": ["deploy.failed"]}
        webhook = box.request("POST", f"/v1/projects/{slug}/webhooks", hook).data["id"]
        deployment = box.deploy(slug, LIFELESS)["id"]
        document = schemathesis.openapi.from_dict(box.request("GET", "/v1/openapi.json").json)
        document.config.update(base_url=f"http://127.0.0.1:{box.api_port}")
        known = {"project": project, "deployment": deployment, "webhook": webhook, "key": "A"}
        yield Fuzzed(box, document, known)


def test_document_is_valid(fuzzed: Fuzzed) -> None:
    """By the specification's own schema."""
    fuzzed.document.validate()


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_any_request_is_answered_as_the_document_says(
    fuzzed: Fuzzed, path: str, method: str
) -> None:
    """Never a 5xx of ours, never a status, a media type or a shape that is not described."""

    @settings(
        max_examples=5 if path in FEWER else 25,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=fuzzed.document[path][method.upper()].as_strategy())
    def ask(case: Any) -> None:
        if method != "delete":  # most requests should mean something that is there
            case.path_parameters = {
                name: fuzzed.known.get(name, value)
                for name, value in (case.path_parameters or {}).items()
            }
        headers = {"Authorization": f"Bearer {fuzzed.box.key}"}
        case.call_and_validate(headers=headers, timeout=30, checks=CHECKS)

    ask()
