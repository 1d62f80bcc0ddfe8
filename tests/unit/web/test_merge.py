"""Several streams read as one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

from sotabox.web.merge import merged


async def counted(queue: "asyncio.Queue[int | None]") -> AsyncIterator[int]:
    while (item := await queue.get()) is not None:
        yield item


async def test_items_come_from_all_until_the_first_ends() -> None:
    """A stream that ends early does not end the others; the leading one does."""
    lead: asyncio.Queue[int | None] = asyncio.Queue()
    other: asyncio.Queue[int | None] = asyncio.Queue()
    for item in (10, None):
        other.put_nowait(item)
    seen = []
    async with aclosing(merged(counted(lead), counted(other), quiet_s=5)) as stream:
        async for item in stream:
            seen.append(item)
            lead.put_nowait(1 if len(seen) == 1 else None)
    assert sorted(filter(None, seen)) == [1, 10]


async def test_quiet_while_is_told_and_loses_nothing() -> None:
    """What comes after a quiet while is still read: no read is cancelled for it."""
    lead: asyncio.Queue[int | None] = asyncio.Queue()
    async with aclosing(merged(counted(lead), quiet_s=0.01)) as stream:
        assert await anext(stream) is None
        assert await anext(stream) is None
        lead.put_nowait(7)
        assert await anext(stream) == 7


async def test_closed_stream_closes_what_it_reads() -> None:
    """Nothing is left waiting when a reader goes."""
    closed = asyncio.Event()

    async def endless() -> AsyncIterator[int]:
        try:
            yield 1
            await asyncio.Event().wait()
        finally:
            closed.set()

    async with aclosing(merged(endless(), quiet_s=5)) as stream:
        assert await anext(stream) == 1
    assert closed.is_set()
