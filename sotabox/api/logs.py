"""`/v1/projects/{project}/deployments/{deployment}/logs` and its live stream."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import aclosing
from functools import cache
from typing import Any, Final

import msgspec
from litestar import Request, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Stream

from sotabox.api.contract import JSON, TEXT, contract, events, text
from sotabox.api.feed import read_event_id
from sotabox.api.query import cleaner
from sotabox.model.deployment import Deployment
from sotabox.operations import deployments
from sotabox.operations.actor import Actor
from sotabox.store.log_pieces import LogLine
from sotabox.web import sse
from sotabox.web.box import Box
from sotabox.web.let_in import while_let_in

_PIECE_CHARACTERS: Final = 64 * 1024
_RETRY_MS: Final = 2000


@get("/projects/{project:str}/deployments/{deployment:str}/logs", opt=contract(text(JSON)))
async def get_log(
    request: Request[Any, Any, Any],
    project: FromPath[str],
    deployment: FromPath[str],
    box: NamedDependency[Box],
    actor: NamedDependency[Actor],
    ansi: FromQuery[str | None] = None,
) -> Stream:
    """The log so far: as text, or as one JSON string for those who ask for JSON.

    However long it is, a piece at a time is held.
    """
    clean = cleaner(ansi)
    found = await deployments.get(box.store, actor, project, deployment)
    text = _pieces(clean(line.text) for line in box.store.logs.read(found.id))
    if request.accept.best_match([TEXT, JSON], TEXT) == JSON:
        return Stream(_as_json(text), media_type=JSON)
    return Stream(_paced(text), media_type=TEXT)


@get(
    "/projects/{project:str}/deployments/{deployment:str}/logs/stream",
    opt=contract(events(), headers=("Last-Event-ID",)),
)
async def stream_log(
    request: Request[Any, Any, Any],
    project: FromPath[str],
    deployment: FromPath[str],
    box: NamedDependency[Box],
    actor: NamedDependency[Actor],
    ansi: FromQuery[str | None] = None,
    last_event_id: FromQuery[str | None] = None,
) -> Stream:
    """The log so far and as it grows, as server-sent events; ends with the deployment."""
    clean = cleaner(ansi)
    seen = read_event_id(request.headers.get("last-event-id") or last_event_id)
    found = await deployments.get(box.store, actor, project, deployment)
    lines = _events(box, found, -1 if seen is None else seen, _event_maker(clean))
    told = while_let_in(request, box, lines, found.project_id)
    return Stream(told, media_type=sse.MEDIA_TYPE, headers=sse.HEADERS)


async def _events(
    box: Box, deployment: Deployment, after: int, event: Callable[[LogLine], bytes]
) -> AsyncGenerator[bytes, None]:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + box.settings.stream_max_s

    def over() -> bool:
        return (
            not box.pipeline.is_active(deployment.id)
            or box.closing.is_set()
            or loop.time() > deadline
        )

    yield sse.retry(_RETRY_MS)
    async with aclosing(box.store.logs.follow(deployment.id, after, over)) as pieces:
        async for piece in pieces:
            yield piece.rendered(event) or sse.PING
            del piece  # nobody holds it while waiting for the next one
    # Whoever is cut off while it goes on comes back by itself and resumes.
    if not box.pipeline.is_active(deployment.id):
        final = await box.store.deployments.find(deployment.id)
        yield sse.silent_event("end", final.status if final else "deleted")


@cache
def _event_maker(clean: Callable[[str], str]) -> Callable[[LogLine], bytes]:
    """What makes events of lines: one function for all who want them alike, so that they share them."""
    return lambda line: sse.line_event(clean(line.text), line.number)


def _pieces(lines: Iterator[str]) -> Iterator[str]:
    """The lines as text, in pieces that are worth sending."""
    piece: list[str] = []
    size = 0
    for line in lines:
        piece.append(line)
        size += len(line)
        if size >= _PIECE_CHARACTERS:
            yield "\n".join(piece) + "\n"
            piece.clear()
            size = 0
    if piece:
        yield "\n".join(piece) + "\n"


async def _paced(pieces: Iterator[str]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece.encode()
        await asyncio.sleep(0)  # others have their turn, however fast this reader is


async def _as_json(pieces: Iterator[str]) -> AsyncIterator[bytes]:
    """`{"data": "…"}`: a string, as the official command line decodes it."""
    yield b'{"data":"'
    async for piece in _paced(pieces):
        yield msgspec.json.encode(piece.decode())[1:-1]
    yield b'"}'


ROUTES = [get_log, stream_log]
