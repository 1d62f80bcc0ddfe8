"""Several streams read as one."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from typing import TypeVar

from sotabox.tasks import end_tasks

_T = TypeVar("_T")


async def merged(
    first: AsyncIterator[_T], *others: AsyncIterator[_T], quiet_s: float
) -> AsyncGenerator[_T | None, None]:
    """What any of the streams gives, as it comes, until the first one ends.

    Streams that can be closed are, at the end. None after each `quiet_s` in which nothing came. A read
    is never cancelled for that: what an asynchronous generator is cancelled in, ends it.
    """
    leading = asyncio.ensure_future(_next(first))
    reads = {leading: first} | {asyncio.ensure_future(_next(other)): other for other in others}
    try:
        while leading in reads:
            done, _ = await asyncio.wait(
                reads, timeout=quiet_s, return_when=asyncio.FIRST_COMPLETED
            )
            if not done:
                yield None
            for read in done:
                stream = reads.pop(read)
                try:
                    item = read.result()
                except StopAsyncIteration:
                    continue
                again = asyncio.ensure_future(_next(stream))
                reads[again] = stream
                if read is leading:
                    leading = again
                yield item
    finally:
        await end_tasks(reads)
        for stream in (first, *others):
            if isinstance(stream, AsyncGenerator):
                await stream.aclose()


async def _next(stream: AsyncIterator[_T]) -> _T:
    return await anext(stream)
