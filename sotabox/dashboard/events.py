"""News for pages: one stream of server-sent events a page, of what its reader may see.

`changed` says that something in the page's scope changed; the page then asks for itself again, so
that there is one way only to render a state. `sampled` says that there are new figures. Lines of a log
come as unnamed events, as HTML.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Final

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Stream

from sotabox.dashboard.log_lines import render_line
from sotabox.dashboard.visit import Me
from sotabox.engine.frames import nanoseconds
from sotabox.errors import NotFound
from sotabox.events import Event, Lagged, Sampled
from sotabox.operations import deployments, runtime_logs, sessions
from sotabox.operations.actor import Actor, visible_project
from sotabox.operations.app_lines import AppLine
from sotabox.operations.log_position import Seen, read_position
from sotabox.store.log_pieces import LogLine, Piece
from sotabox.web import sse
from sotabox.web.merge import merged
from sotabox.web.numbers import read_number

_QUIET_S: Final = 15.0
_CHANGED: Final = sse.silent_event("changed", "")
_SAMPLED: Final = sse.silent_event("sampled", "")


@get("/events")
async def follow_projects(me: NamedDependency[Me]) -> Stream:
    """News of one project (`project`), or of all that the actor sees."""
    ref = me.request.query_params.get("project")
    scope = (await visible_project(me.box.store, me.actor, ref)).id if ref else None
    return _stream(_news(me, scope))


@get("/projects/{project:str}/deployments/{deployment:str}/events")
async def follow_deployment(
    project: FromPath[str], deployment: FromPath[str], me: NamedDependency[Me]
) -> Stream:
    """News of a deployment's project, and the lines of its log after the number `after`."""
    found = await deployments.get(me.box.store, me.actor, project, deployment)
    query = me.request.query_params.get("after", "")
    seen = read_number(me.request.headers.get("last-event-id") or query)
    pieces = me.box.store.logs.follow(
        found.id,
        -1 if seen is None else seen,
        lambda: not me.box.pipeline.is_active(found.id) or me.box.closing.is_set(),
    )
    return _stream(_news(me, found.project_id, _rendered(pieces)))


async def _rendered(pieces: AsyncIterator[Piece]) -> AsyncIterator[bytes]:
    async for piece in pieces:
        yield piece.rendered(_line)
        del piece  # nobody holds it while waiting for the next one


def _line(line: LogLine) -> bytes:
    return sse.line_event(render_line(line.number, line.at, line.text).html, line.number)


@get("/projects/{project:str}/logs/events")
async def follow_app(project: FromPath[str], me: NamedDependency[Me]) -> Stream:
    """News of a project, and what its app prints after the line `after` (`NUMBER POSITION`)."""
    running = await runtime_logs.serving(me.box.store, me.actor, project)
    query = me.request.query_params.get("after", "")
    text, _, last = (me.request.headers.get("last-event-id") or query).partition(" ")
    seen = read_position(last) or Seen(nanoseconds(last))
    number = read_number(text)
    first = 0 if number is None else number + 1
    lines = runtime_logs.follow(me.box.pipeline, me.box.store, running, seen)
    return _stream(_news(me, running.project_id, _numbered(lines, first, seen)))


async def _numbered(
    batches: AsyncIterator[list[AppLine]], first: int, seen: Seen
) -> AsyncIterator[bytes]:
    number = first
    async for batch in batches:
        events = []
        for line in batch:
            html = render_line(number, line.at, line.text).html
            events.append(sse.line_event(html, f"{number} {seen.id_after(line)}"))
            number += 1
        yield b"".join(events)


async def _news(me: Me, scope: str | None, *lines: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """What happens in a project, or in all of them (None), and the lines of a log of it."""
    with me.box.bus.subscribe() as subscription:
        reader = _Reader(me, scope)
        yield _first(me)
        async with aclosing(merged(aiter(subscription), *lines, quiet_s=_QUIET_S)) as news:
            async for item in news:
                if not await reader.may_stay():
                    return
                if isinstance(item, bytes):
                    yield item or sse.PING
                elif item is None:
                    yield sse.PING
                elif isinstance(item, Sampled):
                    yield _SAMPLED
                elif await reader.is_concerned(item):
                    yield _CHANGED


def _first(me: Me) -> bytes:
    """What a stream begins with: `changed` where its page was made before something happened.

    Asked after subscribing, so that nothing falls between the page and its stream.
    """
    return (
        sse.PING if me.request.query_params.get("seen") == str(me.box.bus.published) else _CHANGED
    )


def _stream(events: AsyncIterator[bytes]) -> Stream:
    return Stream(events, media_type=sse.MEDIA_TYPE, headers=sse.HEADERS)


class _Reader:
    """Who reads a stream: which events they may know of, and whether they may read on."""

    def __init__(self, me: Me, scope: str | None) -> None:
        self._me = me
        self._actor = me.actor
        self._scope = scope
        self._known: dict[str, bool] = {}
        self._asked_at = asyncio.get_running_loop().time()

    async def may_stay(self) -> bool:
        """Whether the session is still one, and the project still theirs to see.

        Asked anew each while, however much there is to tell: who was logged out or let out of a project
        loses its streams as well.
        """
        moment = asyncio.get_running_loop().time()
        if moment - self._asked_at < _QUIET_S:
            return True
        self._asked_at = moment
        me = self._me
        found = await sessions.resume(me.box.store, me.token, me.visitor.address)
        if found is None:
            return False
        self._actor = Actor(found[1])
        return self._scope is None or await self._sees(self._scope)

    async def is_concerned(self, event: Event) -> bool:
        if isinstance(event, Lagged | Sampled):
            return True
        if self._scope is not None or self._actor.sees_all:
            return self._scope in {None, event.project_id}
        # Remembered: a project that is deleted is seen by nobody any more, but was.
        if event.project_id not in self._known:
            self._known[event.project_id] = await self._sees(event.project_id)
        return self._known[event.project_id]

    async def _sees(self, project_id: str) -> bool:
        try:
            await visible_project(self._me.box.store, self._actor, project_id)
        except NotFound:
            return False
        return True


ROUTES = [follow_projects, follow_deployment, follow_app]
