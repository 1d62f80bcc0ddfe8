"""Runs a program of the server for a deployment, and hands its output to the log."""

import asyncio
import os
import shutil
import signal
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Final, cast

_LINE_MAX_BYTES: Final = 1_000_000


async def run(
    command: Sequence[str],
    env: Mapping[str, str],
    say: Callable[[str], None],
    *,
    path: str | None = None,
) -> int:
    """The exit code of a program, whose output is said line by line as it comes.

    `env` is added to our own environment. Cancelling the task kills it with all that it started.
    """
    program = shutil.which(command[0], path=path) or command[0]
    process = await asyncio.create_subprocess_exec(
        program,
        *command[1:],
        env={**os.environ, **({"PATH": path} if path is not None else {}), **env},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        limit=_LINE_MAX_BYTES,
        start_new_session=True,
    )
    output = cast("asyncio.StreamReader", process.stdout)  # it was asked for
    try:
        while chunk := await _next_line(output):
            say(chunk.decode("utf-8", "replace").rstrip("\r\n"))
        return await process.wait()
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()


async def _next_line(output: asyncio.StreamReader) -> bytes:
    """A line, or a piece of one that is longer than any log should hold."""
    try:
        return await output.readuntil(b"\n")
    except asyncio.IncompleteReadError as end:
        return end.partial
    except asyncio.LimitOverrunError as error:
        return await output.readexactly(error.consumed)
