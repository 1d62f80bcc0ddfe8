"""Programs that work for a deployment."""

import asyncio
import time
from pathlib import Path

import pytest

from sotabox.pipeline.program import run


async def test_program_says_its_lines_and_its_end() -> None:
    """What it prints is in my log, errors included, and its failure is seen."""
    said: list[str] = []
    script = 'echo "hello $NAME"; echo trouble >&2; printf "no newline"; exit 3'
    assert await run(("sh", "-c", script), {"NAME": "world"}, said.append) == 3
    assert said == ["hello world", "trouble", "no newline"]


async def test_program_with_an_endless_line_is_read_in_pieces() -> None:
    """Progress bars without a line's end don't stop a build."""
    said: list[str] = []
    script = "head -c 3000000 /dev/zero | tr '\\0' x"
    assert await run(("sh", "-c", script), {}, said.append) == 0
    assert sum(map(len, said)) == 3_000_000


async def test_program_that_is_cancelled_ends_at_once_with_all_it_started() -> None:
    """A deployment that I cancel leaves nothing running."""
    children: list[str] = []
    script = "sh -c 'echo $$; exec sleep 1000' & wait"
    task = asyncio.create_task(run(("sh", "-c", script), {}, children.append))
    async with asyncio.timeout(10):
        while not children:
            await asyncio.sleep(0.01)
    began = time.monotonic()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert time.monotonic() - began < 1
    state = Path(f"/proc/{children[0]}/stat")
    assert not state.exists() or ") Z " in state.read_text()
