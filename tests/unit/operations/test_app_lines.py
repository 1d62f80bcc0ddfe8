"""Lines of several containers, read as one."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable

from sotabox.operations.app_lines import AppLine, Lines, as_they_come, by_time


async def told(*moments: int) -> Lines:
    for moment in moments:
        yield AppLine(f"2026-03-01T12:00:0{moment}Z", str(moment), "a", "stdout")


def said(answer: bool) -> Callable[[], Awaitable[bool]]:
    async def is_over() -> bool:
        return answer

    return is_over


async def test_lines_that_are_there_come_by_time() -> None:
    """Whoever searches a log reads it as it happened, not container by container."""
    lines = [line.text async for line in by_time([told(1, 4, 6), told(), told(2, 3, 9)])]
    assert lines == ["1", "2", "3", "4", "6", "9"]


async def test_lines_to_come_end_with_the_first_container_that_ends() -> None:
    """A reader then asks again, for what goes on without it."""
    closed = asyncio.Event()

    async def endless() -> AsyncGenerator[AppLine, None]:
        try:
            yield AppLine("2026-03-01T12:00:01Z", "ready", "b", "stdout")
            await asyncio.Event().wait()
        finally:
            closed.set()

    async with asyncio.timeout(10):
        lines = [line.text async for line in as_they_come([endless(), told(2, 3)], said(True))]
    assert sorted(lines) == ["2", "3", "ready"]
    assert closed.is_set()


async def test_lines_of_a_version_that_was_replaced_end_with_its_last_container() -> None:
    """Nobody could ask for them later: they go with their containers."""
    ended = asyncio.Event()

    async def last() -> AsyncGenerator[AppLine, None]:
        await ended.wait()
        yield AppLine("2026-03-01T12:00:09Z", "still draining", "b", "stdout")

    async def is_over() -> bool:
        ended.set()
        return False

    async with asyncio.timeout(10):
        lines = [line.text async for line in as_they_come([told(2, 3), last()], is_over)]
    assert lines == ["2", "3", "still draining"]


async def test_lines_of_no_container_are_none() -> None:
    """A version without containers has nothing to tell."""
    assert [line async for line in as_they_come([], said(True))] == []
    assert [line async for line in by_time([])] == []
