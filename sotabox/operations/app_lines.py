"""Lines of several containers as one: those that are there by time, those to come as they come."""

import asyncio
import heapq
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace

from sotabox.tasks import end_tasks


@dataclass(frozen=True, slots=True)
class AppLine:
    """A line that an app printed.

    Attributes:
        at: when (RFC 3339, nanoseconds).
        container_id: whose it is; `stream` (`stdout`, `stderr`) of it.
    """

    at: str
    text: str
    container_id: str
    stream: str


Lines = AsyncGenerator[AppLine, None]


def named(line: AppLine, ordinal: int, count: int) -> AppLine:
    """The line, with the number of its replica before it where there are several.

    >>> named(AppLine("2026-03-01T12:00:00Z", "ready", "4f2a", "stdout"), 2, 3).text
    '[2] ready'
    """
    return line if count == 1 else replace(line, text=f"[{ordinal}] {line.text}")


async def by_time(sources: Sequence[Lines]) -> Lines:
    """The lines of all, oldest first, where each source gives its own so; holds one line of each."""
    heads: list[tuple[str, int, AppLine]] = []
    async with AsyncExitStack() as stack:
        for index, source in enumerate(sources):
            stack.push_async_callback(source.aclose)
            async for line in source:
                heapq.heappush(heads, (line.at, index, line))
                break
        while heads:
            _, index, line = heads[0]
            yield line
            async for following in sources[index]:
                heapq.heapreplace(heads, (following.at, index, following))
                break
            else:
                heapq.heappop(heads)


async def as_they_come(sources: Sequence[Lines], is_over: Callable[[], Awaitable[bool]]) -> Lines:
    """The lines of all as they are printed, until the last source ends.

    Or any of them, if it `is_over` with the others then: they are to be read in another way.
    """
    reads = {asyncio.create_task(_next(source)): source for source in sources}
    try:
        over = False
        while reads and not over:
            done, _ = await asyncio.wait(reads, return_when=asyncio.FIRST_COMPLETED)
            for read in done:
                source = reads.pop(read)
                line = read.result()
                if line is None:
                    over = over or await is_over()
                    continue
                reads[asyncio.create_task(_next(source))] = source
                yield line
    finally:
        await end_tasks(reads)
        for source in sources:
            await source.aclose()


async def _next(source: Lines) -> AppLine | None:
    return await anext(source, None)
