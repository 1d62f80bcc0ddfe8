"""Answers that are given again: never longer than they are true, and to nobody else."""

import asyncio
import inspect
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream
from litestar.types import ControllerRouterHandler

from sotabox.api.routes import api_routes
from sotabox.model.user import Role
from sotabox.operations import api_keys
from sotabox.web import gate, remembered
from sotabox.web.remembered import FROM_STORE_ALONE
from sotabox.web.site import route_site
from tests.in_process import InProcess, open_site

VOUCHED = {FROM_STORE_ALONE: True}
MARKED = {
    handler
    for route in route_site(api_routes()).routes
    for handler in getattr(route, "route_handlers", ())
    if FROM_STORE_ALONE in handler.opt
}


class Counted:
    """Handlers whose every call is another answer."""

    def __init__(self) -> None:
        self.calls = 0
        self.on_call: Callable[[], Awaitable[object]] | None = None

    def routes(self) -> list[ControllerRouterHandler]:
        @get("/v1/vouched", opt=VOUCHED)
        async def vouched() -> Response[bytes]:
            return await self.answer(200)

        @get("/v1/refused", opt=VOUCHED)
        async def refused() -> Response[bytes]:
            return await self.answer(404)

        @get("/v1/pieces", opt=VOUCHED)
        async def pieces() -> Stream:
            await self.answer(200)
            return Stream(iter([b"a", b"b"]))

        @get("/v1/plain")
        async def plain() -> Response[bytes]:
            return await self.answer(200)

        @post("/v1/vouched", opt=VOUCHED, status_code=200)
        async def done() -> Response[bytes]:
            return await self.answer(200)

        return [vouched, refused, pieces, plain, done]

    async def answer(self, status: int) -> Response[bytes]:
        self.calls += 1
        number = self.calls
        if self.on_call is not None:
            await self.on_call()
        return Response(b"%d" % number, media_type="text/plain", status_code=status)


@pytest.fixture
def counted() -> Counted:
    return Counted()


@pytest.fixture
def _clock_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each minute the use of a key is noted, and a new window of requests begins."""
    monkeypatch.setattr(api_keys, "now", lambda: "2026-03-01T12:00:00.000Z")
    monkeypatch.setattr(gate, "time", SimpleNamespace(time=lambda: 1_000_000_000.0))


@pytest.fixture
async def site(tmp_path: Path, counted: Counted, _clock_stands: None) -> AsyncIterator[InProcess]:
    async with open_site(tmp_path, routes=counted.routes(), rate_limit=1000) as site:
        await site.client.get("/v1/plain")  # notes the use of the key, which is a change
        counted.calls = 0
        yield site


async def test_answer_is_given_again_as_it_was(site: InProcess, counted: Counted) -> None:
    """The same to the last header, but that one more request is counted."""
    first, again = [await site.client.get("/v1/vouched") for _ in range(2)]
    assert counted.calls == 1
    assert again.content == first.content == b"1"
    left = "x-ratelimit-remaining"
    assert int(again.headers.pop(left)) == int(first.headers.pop(left)) - 1
    assert again.headers == first.headers


@pytest.mark.parametrize("path", ["/v1/plain", "/v1/refused", "/v1/pieces"])
async def test_nothing_else_is_remembered(site: InProcess, counted: Counted, path: str) -> None:
    """Neither what nobody vouches for, nor a refusal, nor a part of an answer."""
    first, again = [await site.client.get(path) for _ in range(2)]
    assert counted.calls == 2
    assert again.status_code == first.status_code


async def test_each_question_has_its_own_answer(site: InProcess, counted: Counted) -> None:
    """Another query, user, host and method are other questions."""
    other = await site.key_of(await site.user("other@example.com"))
    await site.client.get("/v1/plain", headers=other)
    counted.calls = 0
    for _ in range(2):
        assert (await site.client.get("/v1/vouched")).content == b"1"
        assert (await site.client.get("/v1/vouched?limit=1")).content == b"2"
        assert (await site.client.get("/v1/vouched", headers=other)).content == b"3"
    odd = await site.client.get("/v1/vouched", headers={"Host": "a b"})
    assert odd.status_code == 400
    assert (await site.client.post("/v1/vouched")).content == b"4"


async def test_write_of_another_process_makes_another_answer(
    site: InProcess, counted: Counted
) -> None:
    """What a command on the host has changed is in the next answer."""

    def rename() -> None:
        with closing(sqlite3.connect(site.box.store.folders.database)) as database, database:
            database.execute("UPDATE users SET email = 'renamed@example.com'")

    await site.client.get("/v1/vouched")
    await asyncio.to_thread(rename)
    await site.client.get("/v1/vouched")
    assert counted.calls == 2


async def test_answer_that_was_begun_before_a_change_is_not_remembered(
    site: InProcess, counted: Counted
) -> None:
    """It may hold what was there before, and nobody gets that again."""
    counted.on_call = lambda: site.user(f"{counted.calls}@example.com")
    for _ in range(2):
        await site.client.get("/v1/vouched")
    counted.on_call = None
    for _ in range(2):
        await site.client.get("/v1/vouched")
    assert counted.calls == 3


async def test_memory_of_answers_is_bounded(
    site: InProcess, counted: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ever new questions are answered; what was remembered before them goes."""
    monkeypatch.setattr(remembered, "_ROOM_BYTES", 3 * 900)
    for number in (1, 2, 3, 1, 4, 1):
        await site.client.get(f"/v1/vouched?{number}")
    assert counted.calls == 5


async def test_right_that_was_lost_is_lost_at_once(tmp_path: Path) -> None:
    """Nobody sees a project a moment longer than they may, and no key works longer."""
    async with open_site(tmp_path) as site:
        member = await site.user("member@example.com")
        project = await site.project("shop")
        deployment = await site.deployment(project)
        store = site.box.store
        await store.members.put(project.id, member.id, Role.MEMBER)
        key = await site.key_of(member)
        one = "/v1/projects/shop"
        paths = (one, f"{one}/deployments", f"{one}/deployments/{deployment.id}")

        async def statuses() -> set[int]:
            return {(await site.client.get(path, headers=key)).status_code for path in paths}

        assert await statuses() == await statuses() == {200}
        await store.members.delete(project.id, member.id)
        assert await statuses() == {404}
        assert (await site.client.get("/v1/projects", headers=key)).json()["data"] == []
        (kept,) = await store.api_keys.of_user(member.id)
        await store.api_keys.delete(kept.id, member.id)
        assert await statuses() == {401}


async def test_answer_to_who_lost_a_role_meanwhile_is_not_given_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who was an admin when recognised gets one last answer as such, and nobody gets that again."""
    async with open_site(tmp_path) as site:
        await site.project("shop")
        admin = await site.user("second@example.com", Role.ADMIN)
        key = await site.key_of(admin)

        async def demote(*_: object) -> None:
            monkeypatch.setattr(api_keys, "_mark_used", nothing)
            await site.box.store.users.change(admin.id, role=Role.MEMBER)

        async def nothing(*_: object) -> None:
            pass

        monkeypatch.setattr(api_keys, "_mark_used", demote)
        shown = [(await site.client.get("/v1/projects", headers=key)).json() for _ in range(3)]
    assert [len(page["data"]) for page in shown] == [1, 0, 0]


def test_handlers_vouch_only_for_what_they_are_not_told() -> None:
    """Such a handler gets nothing of the request beyond what the question holds."""
    question = {"project", "deployment", "limit", "cursor"}
    assert {handler.handler_name for handler in MARKED} == {
        "list_projects",
        "get_project",
        "list_deployments",
        "get_deployment",
    }
    for handler in MARKED:
        assert isinstance(handler, HTTPRouteHandler)
        assert handler.http_methods == {"GET"}
        assert set(inspect.signature(handler.fn).parameters) <= {"box", "actor"} | question
