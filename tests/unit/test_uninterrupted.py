"""Work that a cancellation must not cut in two."""

import asyncio

import pytest

from sotabox.uninterrupted import uninterrupted


async def test_result_and_error_pass_through() -> None:
    """Without a cancellation it is an await."""

    async def give() -> int:
        return 7

    async def fail() -> int:
        raise KeyError("x")

    assert await uninterrupted(give()) == 7
    with pytest.raises(KeyError):
        await uninterrupted(fail())


@pytest.mark.parametrize("times", [1, 2, 5])
async def test_cancellation_waits_for_the_work_and_comes_then(times: int) -> None:
    """However often it is asked for: the work ends, its result is there, then the task is cancelled."""
    gate = asyncio.Event()
    story: list[str] = []

    async def work() -> str:
        await gate.wait()
        story.append("worked")
        return "result"

    async def caller() -> None:
        story.append(await uninterrupted(work()))
        await asyncio.sleep(0)
        story.append("never")

    task = asyncio.create_task(caller())
    await asyncio.sleep(0)
    for _ in range(times):
        task.cancel()
        await asyncio.sleep(0)
    assert story == []
    gate.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert story == ["worked", "result"]


async def test_error_of_the_work_is_raised_though_cancelled() -> None:
    """What went wrong is told first."""
    gate = asyncio.Event()

    async def work() -> None:
        await gate.wait()
        raise KeyError("broken")

    async def caller() -> None:
        with pytest.raises(KeyError):
            await uninterrupted(work())
        await asyncio.sleep(0)

    task = asyncio.create_task(caller())
    await asyncio.sleep(0)
    task.cancel()
    gate.set()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_timeout_around_it_is_still_a_timeout() -> None:
    """Held back for as long as the work takes, and then recognised as one's own."""
    worked = False

    async def work() -> None:
        nonlocal worked
        await asyncio.sleep(0.02)
        worked = True

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.001):
            await uninterrupted(work())
            await asyncio.sleep(0)
    assert worked
