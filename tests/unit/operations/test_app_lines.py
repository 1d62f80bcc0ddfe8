"""Lines of several containers, read as one."""

import asyncio
from collections.abc import AsyncGenerator

from sotabox.operations.app_lines import AppLine, Lines, as_they_come, by_time


async def told(*moments: int) -> Lines:
    for moment in moments:
        yield AppLine(f"2026-03-01T12:00:0{moment}Z", str(moment))


async def test_lines_that_are_there_come_by_time() -> None:
    """Whoever searches a log reads it as it happened, not container by container."""
    lines = [line.text async for line in by_time([told(1, 4, 6), told(), told(2, 3, 9)])]
    assert lines == ["1", "2", "3", "4", "6", "9"]


async def test_lines_to_come_end_with_the_first_container_that_ends() -> None:
    """A reader then asks again, for what goes on without it."""
    closed = asyncio.Event()

    async def endless() -> AsyncGenerator[AppLine, None]:
        try:
            yield AppLine("2026-03-01T12:00:01Z", "ready")
            await asyncio.Event().wait()
        finally:
            closed.set()

    async with asyncio.timeout(10):
        lines = [line.text async for line in as_they_come([endless(), told(2, 3)])]
    assert sorted(lines) == ["2", "3", "ready"]
    assert closed.is_set()


async def test_lines_of_no_container_are_none() -> None:
    """A version without containers has nothing to tell."""
    assert [line async for line in as_they_come([])] == []
    assert [line async for line in by_time([])] == []
