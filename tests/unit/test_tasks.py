"""Tasks are ended without losing a cancellation of whoever ends them."""

import asyncio

import pytest

from sotabox.tasks import end_tasks


async def fail() -> None:
    raise ValueError("odd")


async def test_tasks_are_over_however_they_end() -> None:
    """Neither a failed one nor one that lasts for ever holds up a stop of the box."""
    failed, lasting = asyncio.create_task(fail()), asyncio.create_task(asyncio.Event().wait())
    await asyncio.sleep(0)
    await end_tasks([failed, lasting])
    assert failed.done()
    assert lasting.cancelled()


async def test_cancellation_of_who_ends_tasks_is_not_taken_for_theirs() -> None:
    """A deployment that I cancel while its last probe ends is cancelled."""
    ends = asyncio.Event()

    async def reluctant() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ends.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(reluctant())
    await asyncio.sleep(0)
    ending = asyncio.create_task(end_tasks([task]))
    async with asyncio.timeout(30):
        await ends.wait()
        ending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await ending
    assert task.cancelled()
