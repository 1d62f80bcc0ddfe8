"""`/v1/projects/{project}/run`: a one-off command in the running release."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any, Final

import msgspec
from litestar import Request, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Stream

from sotabox.api.body import read_json
from sotabox.api.contract import EVENTS, TEXT, contract, text
from sotabox.errors import Conflict, EngineUnavailable, NothingRunning
from sotabox.operations import commands
from sotabox.operations.actor import Actor
from sotabox.pipeline.commands import Command, Outcome
from sotabox.web import sse
from sotabox.web.ansi import strip_escapes
from sotabox.web.box import Box
from sotabox.web.merge import merged

_PING_S: Final = 15.0


class CommandIn(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """`command`: a line for the image's shell, or a program and its arguments.

    `timeout_s`: it is ended after this time; without it, after the longest that the box allows.
    """

    command: str | list[str]
    timeout_s: int | None = None


@post(
    "/projects/{project:str}/run",
    status_code=200,
    opt=contract(
        text(EVENTS), takes=CommandIn, errors=(NothingRunning, Conflict, EngineUnavailable)
    ),
)
async def run(
    request: Request[Any, Any, Any],
    project: FromPath[str],
    box: NamedDependency[Box],
    actor: NamedDependency[Actor],
) -> Stream:
    """Runs a command; its output as it comes, and last how it ended. To hang up ends it.

    As text the last line is `[run] exited with code 0`, or says why it did not end by itself; as
    events it is `exit`, with `exit_code` (null) and `problem` (null).
    """
    body = await read_json(request, CommandIn)
    command = await commands.run(
        box.store, box.pipeline, box.settings, actor, project, body.command, body.timeout_s
    )
    if request.accept.best_match([TEXT, sse.MEDIA_TYPE], TEXT) == TEXT:
        return Stream(_as_text(command), media_type=TEXT)
    return Stream(_as_events(command), media_type=sse.MEDIA_TYPE, headers=sse.HEADERS)


async def _as_text(command: Command) -> AsyncIterator[bytes]:
    async with aclosing(command.output()) as lines:
        async for line in lines:
            yield f"{strip_escapes(line.text)}\n".encode()
    yield f"[run] {_told(command.outcome)}\n".encode()


async def _as_events(command: Command) -> AsyncIterator[bytes]:
    try:
        async with aclosing(merged(command.output(), quiet_s=_PING_S)) as lines:
            async for line in lines:
                yield (
                    sse.PING if line is None else sse.line_event(strip_escapes(line.text), line.at)
                )
    finally:
        await asyncio.shield(command.end())
    outcome = command.outcome
    ended = {"exit_code": outcome.exit_code, "problem": outcome.problem}
    yield sse.silent_event("exit", json.dumps(ended))


def _told(outcome: Outcome) -> str:
    if outcome.exit_code is None:
        return f"ended: {outcome.problem}"
    return f"exited with code {outcome.exit_code}"


ROUTES = [run]
