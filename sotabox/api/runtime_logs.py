"""`/v1/projects/{project}/logs`: what the running app prints, as distinct from its builds' logs."""

import asyncio
import re
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Stream

from sotabox.api.contract import EVENTS, JSON, TEXT, Answer, Wrap, contract
from sotabox.api.envelope import one
from sotabox.api.query import cleaner, read_switch
from sotabox.engine.frames import nanoseconds
from sotabox.errors import BadRequest, Detail, EngineUnavailable, NothingRunning
from sotabox.model.deployment import Deployment
from sotabox.model.times import format_time, parse_time
from sotabox.operations import runtime_logs
from sotabox.operations.actor import Actor
from sotabox.operations.app_lines import AppLine
from sotabox.operations.log_position import Seen, read_position
from sotabox.operations.runtime_logs import Wanted
from sotabox.web import sse
from sotabox.web.box import Box
from sotabox.web.let_in import while_let_in
from sotabox.web.merge import merged
from sotabox.web.numbers import read_number

TAIL_DEFAULT: Final = 100
TAIL_MAX: Final = 10_000
SEARCH_MAX: Final = 200
_RETRY_MS: Final = 2000
_PING_S: Final = 15.0
_AGO: Final = re.compile(r"(\d{1,7})([smhd])")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class AppLineOut(msgspec.Struct, kw_only=True):
    """A line that the app printed, and when, in UTC with nanoseconds: a `since` to go on from."""

    at: str
    text: str


@get(
    "/projects/{project:str}/logs",
    opt=contract(
        Answer(200, {TEXT: str, JSON: AppLineOut, EVENTS: str}, Wrap.LIST),
        errors=(NothingRunning, EngineUnavailable),
        headers=("Last-Event-ID",),
    ),
)
async def get_app_log(
    request: Request[Any, Any, Any],
    project: FromPath[str],
    box: NamedDependency[Box],
    actor: NamedDependency[Actor],
    follow: FromQuery[str | None] = None,
    since: FromQuery[str | None] = None,
    tail: FromQuery[str | None] = None,
    search: FromQuery[str | None] = None,
    ansi: FromQuery[str | None] = None,
    last_event_id: FromQuery[str | None] = None,
) -> Response[bytes] | Stream:
    """The last lines of the running app: text, JSON, or events as they are printed.

    What an older release printed went with its container.
    """
    clean = cleaner(ansi)
    kind = request.accept.best_match([TEXT, JSON, sse.MEDIA_TYPE], TEXT)
    resumed = request.headers.get("last-event-id") or last_event_id
    wanted = Wanted(tail=None if resumed else read_tail(tail), search=_search(search))
    seen = _seen(resumed, since)
    deployment = await runtime_logs.serving(box.store, actor, project)
    if read_switch("follow", follow) or kind == sse.MEDIA_TYPE:
        form = partial(_event if kind == sse.MEDIA_TYPE else _text_of, seen=seen)
        if wanted.tail == 0:
            seen.since = time.time_ns()
        headers = sse.HEADERS if kind == sse.MEDIA_TYPE else {}
        lines = _followed(box, deployment, wanted, seen, lambda line: form(line, clean))
        if kind == sse.MEDIA_TYPE:
            lines = _framed(box, deployment, lines)
        told = while_let_in(request, box, lines, deployment.project_id)
        return Stream(told, media_type=TEXT if kind == JSON else kind, headers=headers)
    found = await runtime_logs.wanted_lines(box.pipeline, deployment, wanted, seen)
    if kind == JSON:
        return one([AppLineOut(at=line.at, text=clean(line.text)) for line in found])
    return Response(b"".join(_text(line, clean) for line in found), media_type=TEXT)


async def _followed(
    box: Box,
    deployment: Deployment,
    wanted: Wanted,
    seen: Seen,
    form: Callable[[AppLine], bytes],
) -> AsyncGenerator[bytes, None]:
    """What is there and what comes, until the container ends; empty after a quiet while."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + box.settings.stream_max_s
    quiet_s = min(_PING_S, box.settings.stream_max_s)
    past = await runtime_logs.wanted_lines(box.pipeline, deployment, wanted, seen)
    yield b"".join(map(form, past))
    source = runtime_logs.follow(box.pipeline, box.store, deployment, seen)
    async with aclosing(merged(source, _closing(box), quiet_s=quiet_s)) as batches:
        async for lines in batches:
            if box.closing.is_set() or loop.time() > deadline:
                return
            yield b"".join(form(line) for line in lines or () if wanted.takes(line))


async def _framed(
    box: Box, deployment: Deployment, pieces: AsyncGenerator[bytes, None]
) -> AsyncGenerator[bytes, None]:
    yield sse.retry(_RETRY_MS)
    async with aclosing(pieces):
        async for piece in pieces:
            yield piece or sse.PING
    now = await box.store.deployments.find(deployment.id)
    yield sse.silent_event("end", now.status if now else "deleted")


async def _closing(box: Box) -> AsyncIterator[list[AppLine]]:
    """Gives one empty batch when the box is about to stop."""
    await box.closing.wait()
    yield []


def _event(line: AppLine, clean: Callable[[str], str], seen: Seen) -> bytes:
    return sse.line_event(clean(line.text), seen.id_after(line))


def _text_of(line: AppLine, clean: Callable[[str], str], seen: Seen) -> bytes:
    seen.advance(line)
    return _text(line, clean)


def _text(line: AppLine, clean: Callable[[str], str]) -> bytes:
    return f"{clean(line.text)}\n".encode()


def read_tail(text: str | None) -> int | None:
    """How many lines `?tail=` asks for; None: all that are kept.

    Raises:
        BadRequest: it is neither a number nor `all`.
    """
    if not text:
        return TAIL_DEFAULT
    if text == "all":
        return None
    if (number := read_number(text)) is None:
        message = f"use a number up to {TAIL_MAX}, or all"
        raise BadRequest(f"tail: {message}", details=[Detail("tail", message)])
    return min(number, TAIL_MAX)


def read_since(text: str | None, now: datetime) -> str | None:
    """The moment that `?since=` means, in UTC: a time, or so long ago, such as `15m`.

    >>> read_since("15m", datetime(2026, 3, 1, 12, tzinfo=UTC))
    '2026-03-01T11:45:00.000Z'

    Raises:
        BadRequest: it is neither.
    """
    if not text:
        return None
    message = "use a time such as 2026-03-01T12:00:00Z, or 30s, 15m, 2h, 7d"
    wrong = BadRequest(f"since: {message}", details=[Detail("since", message)])
    if ago := _AGO.fullmatch(text):
        return format_time(now - min(timedelta(**{_UNITS[ago[2]]: int(ago[1])}), now - _EPOCH))
    try:
        moment = parse_time(text)
        if moment.tzinfo is None or moment < _EPOCH:
            raise wrong
        # An id of ours has nanoseconds, which Python's datetime would cut off.
        return text if text.endswith("Z") else format_time(moment)
    except (ValueError, OverflowError) as error:
        raise wrong from error


def _seen(resumed: str | None, since: str | None) -> Seen:
    """What a reader has had: by the id of its last event, or all up to some moment."""
    if resumed and (position := read_position(resumed)) is not None:
        return position
    moment = read_since(resumed or since, datetime.now(UTC))
    return Seen(nanoseconds(moment) if moment else 0)


def _search(text: str | None) -> str:
    if text is not None and len(text) > SEARCH_MAX:
        message = f"use at most {SEARCH_MAX} characters"
        raise BadRequest(f"search: {message}", details=[Detail("search", message)])
    return text or ""


ROUTES = [get_app_log]
