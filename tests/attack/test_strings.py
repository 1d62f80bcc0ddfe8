"""Every text that the API takes, from its own description, with what shells, Git, Caddy and templates read."""

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from sotabox.api.routes import openapi
from tests.in_process import InProcess, open_site
from tests.unit.api.test_who_may_what import BODIES, PARTNER_ONLY, RULES, Who, build_town

DOCUMENT = openapi()

HOSTILE = [
    "; touch /tmp/x; $(id) `id` ${IFS} && || | > <",
    "-rf",
    "--upload-pack=touch${IFS}/tmp/x",
    "ext::sh -c id",
    "file:///etc/passwd",
    "a\nb",
    "a\r\nX-Evil: 1\r\n\r\n<b>",
    "%0d%0aX-Evil:%201",
    "a\0b",
    "{env.PATH} {$PATH} {file./etc/passwd} {http.request.header.X}",
    "{env.PATH}.example.com",
    "{{ 7*7 }}{% debug %}${7*7}#{7*7}",
    "%s%n%x %(name)s {0.__class__}",
    "../../../../etc/passwd",
    "'; DROP TABLE users; --",
    "\u202eadmin\u2066\u200b",
    "\ud800",
    "\N{GRINNING FACE}" * 2000,
]
#: What a URL can't be made of, or would be another path.
IN_PATHS = [text for text in HOSTILE if "\ud800" not in text and len(text) < 500]
#: One lasts, and one makes a network at once: `tests/browser/test_hostile.py` has an engine.
LEFT_OUT = {"GET /v1/events", "POST /v1/projects"}
#: The texts that change on their way, as they say: addresses and hosts are written one way.
REWRITTEN = {"email", "host", "domain", "code"}


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[InProcess]:
    async with open_site(tmp_path) as site:
        yield site


def operations() -> Iterator[tuple[str, dict[str, Any]]]:
    """Each route with its description."""
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            name = f"{method.upper()} {path}"
            if name in RULES and name not in LEFT_OUT:
                yield name, operation


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        schema = DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema


def texts_of(operation: dict[str, Any]) -> list[str]:
    """The fields of a JSON body that may hold a text, or a list of texts."""
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    fields = resolved(content["schema"]).get("properties", {}) if content else {}
    return [name for name, schema in fields.items() if "string" in json.dumps(resolved(schema))]


BODY_TEXTS = [(name, field) for name, operation in operations() for field in texts_of(operation)]
PARAMETERS = [
    (name, parameter["in"], parameter["name"])
    for name, operation in operations()
    for parameter in operation.get("parameters", ())
]


def refused(answer: httpx.Response, seen: object) -> bool:
    """Whether it was refused, as everything is; fails for a fault of the box, which has no engine."""
    assert answer.status_code < 500 or answer.status_code == 503, (seen, answer.text)
    assert not any("evil" in f"{k}{v}".lower() for k, v in answer.headers.items()), seen
    if answer.status_code < 400:
        return False
    error = answer.json()["error"]
    assert error["message"], seen
    assert error["code"], seen
    return True


def values_of(shown: Any, field: str) -> Iterator[Any]:
    """Everything that an answer has under a name."""
    if isinstance(shown, dict):
        if field in shown:
            yield shown[field]
        for value in shown.values():
            yield from values_of(value, field)
    elif isinstance(shown, list):
        for value in shown:
            yield from values_of(value, field)


def test_description_is_read() -> None:
    """There is something to try."""
    assert len(BODY_TEXTS) > 40
    assert len(PARAMETERS) > 90


async def test_text_of_a_body_is_refused_or_kept_as_it_is(site: InProcess) -> None:
    """Nobody interprets it: neither is it cut, nor does a template or a shell put its own in."""
    kept = set()
    for name, field in BODY_TEXTS:
        method, _, template = name.partition(" ")
        town = await build_town(site, name)
        who = Who.PARTNER if RULES[name] is PARTNER_ONLY else Who.ADMIN
        headers = town.keys[who] | {"Content-Type": "application/json"}
        for text in HOSTILE:
            content = json.dumps(BODIES.get(name, {}) | {field: text})
            path = town.path(template)
            answer = await site.client.request(method, path, headers=headers, content=content)
            if refused(answer, (name, field, text[:60])) or not answer.content:
                continue
            for value in values_of(answer.json(), field):
                if field not in REWRITTEN and value is not None:
                    assert value == text.strip(), (name, field, text, value)
                    kept.add((name, field))
    assert ("POST /v1/projects/{project}/envs", "value") in kept
    assert ("PATCH /v1/projects/{project}", "name") in kept


async def test_text_of_an_address_finds_nothing_and_breaks_nothing(site: InProcess) -> None:
    """In paths, queries and headers."""
    for name, where, parameter in PARAMETERS:
        method, _, template = name.partition(" ")
        town = await build_town(site, name)
        headers = dict(town.keys[Who.PARTNER if RULES[name] is PARTNER_ONLY else Who.ADMIN])
        for text in IN_PATHS:
            quoted = quote(text, safe="")
            path, sent = town.path(template), headers
            if where == "path":
                path = town.path(template, **{parameter: quoted})
            elif where == "query":
                path += f"?{parameter}={quoted}"
            elif text.isascii() and text.isprintable():
                sent = headers | {parameter: text}
            body = BODIES.get(name)
            answer = await site.client.request(method, path, headers=sent, json=body)
            refused(answer, (name, where, parameter, text[:60]))
