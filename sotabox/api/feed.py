"""`/v1/events`: everything that happens to the projects that the actor sees, as it happens."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, Final

import msgspec
from litestar import Request, get
from litestar.di import NamedDependency
from litestar.params import FromQuery
from litestar.response import Stream

from sotabox.api.contract import contract, events
from sotabox.errors import BadRequest
from sotabox.model.feed import FeedEvent
from sotabox.operations import feed
from sotabox.operations.actor import Actor
from sotabox.web import sse
from sotabox.web.box import Box
from sotabox.web.let_in import while_let_in
from sotabox.web.merge import merged
from sotabox.web.numbers import read_number

_RETRY_MS: Final = 2000
_PING_S: Final = 15.0
_encoder: Final = msgspec.json.Encoder()


@get("/events", opt=contract(events(), headers=("Last-Event-ID",)))
async def stream_events(
    request: Request[Any, Any, Any],
    box: NamedDependency[Box],
    actor: NamedDependency[Actor],
    last_event_id: FromQuery[str | None] = None,
) -> Stream:
    """What happens from now on, or after `Last-Event-ID`, as server-sent events.

    The first one, `ready`, has an id to go on from. An event `lost` says that some between the id
    and the next event are not kept any more: whoever keeps a picture should make it anew.
    """
    resumed = read_event_id(request.headers.get("last-event-id") or last_event_id)
    start = await feed.start(box.store, resumed)
    told = while_let_in(request, box, _events(box, actor, start))
    return Stream(told, media_type=sse.MEDIA_TYPE, headers=sse.HEADERS)


async def _events(box: Box, actor: Actor, start: feed.Start) -> AsyncGenerator[bytes, None]:
    deadline = asyncio.get_running_loop().time() + box.settings.stream_max_s
    quiet_s = min(_PING_S, box.settings.stream_max_s)
    yield sse.retry(_RETRY_MS) + sse.marker("lost" if start.lost else "ready", start.after)
    news = feed.follow(box.store, box.bus, actor, start.after)
    async with aclosing(merged(news, quiet_s=quiet_s)) as batches:
        async for batch in batches:
            yield b"".join(map(_event, batch or ())) or sse.PING
            if asyncio.get_running_loop().time() > deadline:
                return


def _event(event: FeedEvent) -> bytes:
    return sse.line_event(_encoder.encode(event).decode(), event.id)


def read_event_id(text: str | None) -> int | None:
    """The id that a reader has seen last; None for one who is new.

    Raises:
        BadRequest: it is no id of this stream.
    """
    if not text:
        return None
    if (number := read_number(text)) is None:
        raise BadRequest("Last-Event-ID must be the id of an event of this stream")
    return number


ROUTES = [stream_events]
