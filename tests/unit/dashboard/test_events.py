"""The news of pages: what their reader may see, and nothing lost between a page and its stream."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from sotabox.dashboard import events
from sotabox.events import ProjectChanged
from sotabox.model.user import Role
from tests.unit.dashboard.conftest import Browser, let_in

CHANGED, QUIET, END = "event: changed", ": ping", "the end"


@asynccontextmanager
async def stream(browser: Browser, path: str) -> AsyncIterator["asyncio.Queue[str]"]:
    """The events of a page's stream as they come; the client in process would wait for its end."""
    pieces: asyncio.Queue[str] = asyncio.Queue()
    gone = asyncio.Event()

    async def receive() -> dict[str, Any]:
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            assert message["status"] == 200
        for part in message.get("body", b"").decode().split("\n\n"):
            if part:
                pieces.put_nowait(part)
        if message["type"] == "http.response.body" and not message["more_body"]:
            pieces.put_nowait(END)

    cookies = "; ".join(f"{c.name}={c.value}" for c in browser.client.cookies.jar if c.value)
    where, _, query = path.partition("?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": where,
        "raw_path": where.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(b"host", b"box.test"), (b"cookie", cookies.encode())],
        "client": ("127.0.0.1", 1),
        "server": ("box.test", 80),
    }
    app: Callable[..., Any] = browser.client._transport.app  # type: ignore[attr-defined]
    serving = asyncio.ensure_future(app(scope, receive, send))
    try:
        yield pieces
    finally:
        gone.set()
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)


async def soon(pieces: "asyncio.Queue[str]") -> str:
    return (await asyncio.wait_for(pieces.get(), 5)).partition("\n")[0]


def live_of(page: str) -> str:
    return page.partition('data-hx-sse:connect="')[2].partition('"')[0].replace("&amp;", "&")


async def test_what_happens_is_told_to_an_open_page(admin: Browser) -> None:
    """A page that is up to date hears of nothing until something happens."""
    project = await admin.site.project("shop")
    async with stream(admin, live_of((await admin.get("/")).text)) as pieces:
        assert await soon(pieces) == QUIET
        await admin.site.deployment(project)
        assert await soon(pieces) == CHANGED


@pytest.mark.parametrize("path", ["/", "/projects/shop"])
async def test_what_happened_before_the_stream_began_is_told_at_its_beginning(
    admin: Browser, path: str
) -> None:
    """Nothing falls between the making of a page and its stream."""
    project = await admin.site.project("shop")
    live = live_of((await admin.get(path)).text)
    await admin.site.deployment(project)
    async with stream(admin, live) as pieces:
        assert await soon(pieces) == CHANGED


async def test_others_projects_are_not_heard_of(
    admin: Browser, another: Callable[..., Any]
) -> None:
    """Not even that something happens."""
    hidden = await admin.site.project("hidden")
    async with another() as browser:
        member = await let_in(browser, "bob@box.test")
        own = await admin.site.project("own", owner=member)
        async with stream(browser, live_of((await browser.get("/")).text)) as pieces:
            assert await soon(pieces) == QUIET
            admin.site.box.bus.publish(ProjectChanged(hidden.id))
            admin.site.box.bus.publish(ProjectChanged(own.id))
            assert await soon(pieces) == CHANGED
            assert pieces.empty()


@pytest.mark.parametrize("loss", ["the session", "the membership"])
async def test_reader_who_may_not_read_on_loses_the_stream(
    guest: Browser, monkeypatch: pytest.MonkeyPatch, loss: str
) -> None:
    """However much happens: nobody hears of a project for as long as it has something to tell."""
    monkeypatch.setattr(events, "_QUIET_S", 0.01)
    store, project = guest.site.box.store, await guest.site.project("shop")
    member = await let_in(guest, "bob@box.test")
    await store.members.put(project.id, member.id, Role.MEMBER)
    live = live_of((await guest.get("/projects/shop")).text)
    async with stream(guest, live) as pieces:
        assert await soon(pieces) == QUIET
        if loss == "the session":
            await store.sessions.delete_of_user(member.id)
        else:
            await store.members.delete(project.id, member.id)
        deadline = time.monotonic() + 30
        while await soon(pieces) != END:
            assert time.monotonic() < deadline, "still told"
            guest.site.box.bus.publish(ProjectChanged(project.id))


async def test_log_comes_line_by_line_and_goes_on_where_the_page_ended(admin: Browser) -> None:
    """Lines written after the page was made come once, as HTML that is text."""
    project = await admin.site.project("shop")
    deployment = await admin.site.deployment(project)
    log = admin.site.box.store.logs.open(deployment.id)
    log.append(["[build] one"])
    live = live_of((await admin.get(f"/projects/shop/deployments/{deployment.id}")).text)
    log.append(["[build] <two>", "[build] three"])
    async with stream(admin, live) as pieces:
        events = [await asyncio.wait_for(pieces.get(), 5) for _ in range(3)]
    lines = [event for event in events if event.startswith("id: ")]
    assert [event.partition("\n")[0] for event in lines] == ["id: 1", "id: 2"]
    assert "&lt;two&gt;" in lines[0]


@pytest.mark.parametrize("place", ["%C2%B2", "next", "-5", "9" * 30])
async def test_stream_from_a_place_that_is_none_begins_at_the_beginning(
    admin: Browser, place: str
) -> None:
    """Whatever stands in the address, such as a digit that is no number."""
    deployment = await admin.site.deployment(await admin.site.project("shop"))
    admin.site.box.store.logs.open(deployment.id).append(["[build] one"])
    path = f"/projects/shop/deployments/{deployment.id}/events?after={place}"
    async with stream(admin, path) as pieces:
        assert {await soon(pieces), await soon(pieces)} == {CHANGED, "id: 0"}
