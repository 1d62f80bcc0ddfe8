"""One build on the engine: the context goes in, log lines and an image's id come out.

BuildKit over the plain Engine API (`POST /build?version=2`). It ignores limits in the request; what
bounds a build's memory and CPU is the parent of its cgroups.
"""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from sotabox.engine.buildkit import TraceLog
from sotabox.engine.client import Engine, EngineError
from sotabox.engine.diagnosis import diagnose_build, timed_out
from sotabox.engine.faults import unavailable
from sotabox.engine.session import Session
from sotabox.engine.stream import Answer
from sotabox.errors import EngineUnavailable

_TRACE: Final = "moby.buildkit.trace"
_IMAGE: Final = "moby.image.id"


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildRequest:
    """What to build.

    Attributes:
        tag: under which the image is kept.
        build_id: names the build on the engine, to cancel it by.
        dockerfile: its path in the context.
        build_args: visible in the image's history: never a secret.
        network: `default` or `none`; `host` would show a build what listens on the host.
    """

    tag: str
    labels: Mapping[str, str]
    build_id: str
    dockerfile: str = "Dockerfile"
    build_args: Mapping[str, str] = field(default_factory=dict)
    network: str = "default"
    no_cache: bool = False


async def run_build(
    engine: Engine,
    context: AsyncIterator[bytes],
    request: BuildRequest,
    *,
    session: Session | None,
    on_line: Callable[[str], None],
    timeout_s: float,
) -> str:
    """The id of the image built from `context`, a tar whose first entry is the Dockerfile.

    Cancelling the caller's task ends the running step within a moment.

    Raises:
        BuildFailed: the app's fault, in words for its owner.
        DiskFull, EngineUnavailable: this box's.
    """
    run = _Run(engine, on_line)
    try:
        async with (
            asyncio.timeout(timeout_s),
            engine.request(
                "POST",
                "/build",
                _params(request, session),
                headers={"Content-Type": "application/x-tar"},
                body=context,
                head_timeout_s=None,  # it comes when the context has been read
            ) as answer,
        ):
            return await run.image_id(answer)
    except TimeoutError as error:
        raise timed_out(timeout_s) from error
    except EngineError as error:
        raise diagnose_build(error.message) from error
    finally:
        if not run.ended:
            await _cancel(engine, request.build_id)


def _params(request: BuildRequest, session: Session | None) -> dict[str, str]:
    """The query of the engine's call.

    Source: Docker Engine API, `POST /build`.
    """
    params = {
        "version": "2",
        "t": request.tag,
        "labels": json.dumps(dict(request.labels)),
        "buildid": request.build_id,
        "dockerfile": request.dockerfile,
        "buildargs": json.dumps(dict(request.build_args)),
        "networkmode": request.network,
        "rm": "1",
        "forcerm": "1",
    }
    if request.no_cache:
        params["nocache"] = "1"
    if session is not None:
        params["session"] = session.id
    return params


class _Run:
    """Reads a build's answer to its end: the id may come before the last log line."""

    def __init__(self, engine: Engine, on_line: Callable[[str], None]) -> None:
        self.ended = False
        self._engine = engine
        self._on_line = on_line
        self._trace = TraceLog()
        self._image_id: str | None = None
        self._error: str | None = None

    async def image_id(self, answer: Answer) -> str:
        async for message in answer.json_lines():
            self._take(message)
        self._tell(self._trace.finish())
        if self._error is None and self._image_id is None:
            raise unavailable(self._engine.socket_path, "it ended in the middle of a build")
        self.ended = True
        if self._error is not None:
            raise diagnose_build(
                self._error,
                step=self._trace.failed_step,
                disk_is_full=self._trace.disk_full,
                no_processes=self._trace.no_processes,
            )
        return str(self._image_id)

    def _take(self, message: dict[str, Any]) -> None:
        if "errorDetail" in message or "error" in message:
            detail = message.get("errorDetail") or {}
            self._error = str(detail.get("message") or message.get("error"))
        elif message.get("id") == _TRACE:
            self._tell(self._trace.feed(base64.b64decode(message["aux"])))
        elif message.get("id") == _IMAGE:
            self._image_id = str(message["aux"]["ID"])

    def _tell(self, lines: list[str]) -> None:
        for line in lines:
            self._on_line(line)


async def _cancel(engine: Engine, build_id: str) -> None:
    """Closing the connection has ended the build; this also ends one whose close got lost."""
    with suppress(EngineUnavailable, EngineError, TimeoutError):
        async with (
            asyncio.timeout(2),
            engine.request("POST", "/build/cancel", {"id": build_id}) as answer,
        ):
            await answer.read()
