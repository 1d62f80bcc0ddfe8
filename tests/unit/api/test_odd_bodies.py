"""Bodies that nobody sends by accident: every field of every route, each with every odd value."""

import json
from typing import Any

import pytest

from tests.in_process import InProcess
from tests.unit.api.test_who_may_what import BODIES, PARTNER_ONLY, RULES, Who, build_town

ODD: list[Any] = [
    None,
    True,
    -1,
    1e308,
    2**70,
    [],
    {},
    [None],
    ["\ud800"],
    {"a": {"b": []}},
    "",
    " ",
    "\ud800",  # half a pair of surrogates, which UTF-8 can't write
    "a\ud800@box.test",
    "\0",
    "a\0@box.test",
    "\u202e\u200b",
    "é" * 400,
    "x" * 100_000,
    "'; DROP TABLE users; --",
    "../../etc/passwd",
    "9999-99-99T99:99:99Z",
]


#: They reach for the engine at once; tests/contract/test_bad_input.py has one.
NEEDS_ENGINE = frozenset({"POST /v1/projects", "DELETE /v1/projects/{project}"})


@pytest.mark.parametrize("route", [route for route in BODIES if route not in NEEDS_ENGINE])
async def test_odd_value_is_never_a_fault_of_the_box(site: InProcess, route: str) -> None:
    """A clear 4xx in the usual shape, or it is taken; no 5xx but for an engine that is away."""
    method, _, template = route.partition(" ")
    town = await build_town(site, route)
    who = Who.PARTNER if RULES[route] is PARTNER_ONLY else Who.ADMIN
    for field in [*BODIES[route], "unknown"]:
        for odd in ODD:
            response = await site.client.request(
                method,
                town.path(template),
                headers=town.keys[who] | {"Content-Type": "application/json"},
                content=json.dumps(BODIES[route] | {field: odd}),
            )
            seen = (field, odd if not isinstance(odd, str) else odd[:50], response.text[:300])
            assert response.status_code not in {500, 502, 504}, seen
            if response.status_code >= 400:
                assert response.json()["error"]["message"], seen


@pytest.mark.parametrize(
    "route", [r for r in RULES if not r.startswith("GET") and r not in NEEDS_ENGINE]
)
@pytest.mark.parametrize("body", [b"{", b"[]", b'"x"', b"\xff\xfe", b"null", b'{"a": \xff}'])
async def test_body_that_is_no_object_is_never_a_fault_of_the_box(
    site: InProcess, route: str, body: bytes
) -> None:
    """Broken JSON, JSON of another kind, bytes that are no text."""
    method, _, template = route.partition(" ")
    town = await build_town(site, route)
    who = Who.PARTNER if RULES[route] is PARTNER_ONLY else Who.ADMIN
    headers = town.keys[who] | {"Content-Type": "application/json"}
    response = await site.client.request(method, town.path(template), headers=headers, content=body)
    assert response.status_code not in {500, 502, 504}, response.text
