"""The queue: a project's deployments one after the other, each ended when somebody says so."""

import asyncio
import logging

import pytest

from sotabox.pipeline.locks import ProjectLocks
from sotabox.pipeline.queue import Queue


class Worker:
    """Work that goes on until the test lets it end; remembers what happened, in order."""

    def __init__(self) -> None:
        self.story: list[str] = []
        self.gates: dict[str, asyncio.Event] = {}
        self.queue = Queue(self.run, on_end=lambda id_: self.story.append(f"ended {id_}"))

    async def run(self, id_: str) -> None:
        self.story.append(f"begin {id_}")
        try:
            await self.gate(id_).wait()
        except asyncio.CancelledError:
            await asyncio.sleep(0)  # undoing takes a moment
            self.story.append(f"undone {id_}")
            raise
        self.story.append(f"done {id_}")

    def gate(self, id_: str) -> asyncio.Event:
        return self.gates.setdefault(id_, asyncio.Event())

    async def until(self, word: str) -> None:
        async with asyncio.timeout(5):
            while word not in self.story:
                await asyncio.sleep(0)


async def test_deployments_of_a_project_take_turns_in_order() -> None:
    """The second begins when the first has ended, and not before."""
    worker = Worker()
    for id_ in ("a", "b", "c"):
        worker.gate(id_).set()
        worker.queue.submit("p", id_)
    assert worker.queue.active() == {"a", "b", "c"}
    await worker.until("ended c")
    assert [s for s in worker.story if not s.startswith("ended")] == [
        "begin a", "done a", "begin b", "done b", "begin c", "done c",
    ]  # fmt: skip
    assert worker.queue.active() == frozenset()


async def test_projects_do_not_wait_for_each_other() -> None:
    """A slow deployment of one project holds up no other."""
    worker = Worker()
    worker.queue.submit("p", "slow")
    worker.queue.submit("q", "other")
    worker.gate("other").set()
    await worker.until("ended other")
    assert worker.queue.is_active("slow")
    await worker.queue.close()


async def test_deployment_submitted_twice_runs_once() -> None:
    """A repair and an upload may both hand it in."""
    worker = Worker()
    worker.gate("a").set()
    worker.queue.submit("p", "a")
    worker.queue.submit("p", "a")
    await worker.until("ended a")
    assert worker.story.count("begin a") == 1


async def test_cancelled_one_is_undone_before_cancel_returns() -> None:
    """Who cancels can rely on its being over; who waits behind it gets the turn."""
    worker = Worker()
    worker.queue.submit("p", "a")
    worker.queue.submit("p", "b")
    await worker.until("begin a")
    await worker.queue.cancel("a")
    assert worker.story[:2] == ["begin a", "undone a"]
    assert "ended a" in worker.story
    assert not worker.queue.is_active("a")
    await worker.until("begin b")
    await worker.queue.close()


async def test_one_that_waits_is_cancelled_without_having_begun() -> None:
    worker = Worker()
    worker.queue.submit("p", "a")
    worker.queue.submit("p", "b")
    await worker.until("begin a")
    await worker.queue.cancel("b")
    await worker.queue.cancel("unknown")
    worker.gate("a").set()
    await worker.until("ended a")
    assert "begin b" not in worker.story


async def test_project_is_cleared_and_others_go_on() -> None:
    worker = Worker()
    worker.queue.submit("p", "a")
    worker.queue.submit("p", "b")
    worker.queue.submit("q", "c")
    await worker.until("begin c")
    await worker.queue.cancel_project("p")
    assert worker.queue.active() == {"c"}
    await worker.queue.close()
    assert worker.queue.active() == frozenset()


async def test_work_that_fails_is_logged_and_lets_the_next_begin(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A fault that could not even be noted in the store is seen in the log, with its deployment."""
    ended = asyncio.Event()

    async def fail(id_: str) -> None:
        raise RuntimeError(f"{id_} broke")

    queue = Queue(fail, on_end=lambda id_: ended.set() if id_ == "b" else None)
    with caplog.at_level(logging.ERROR):
        queue.submit("p", "a")
        queue.submit("p", "b")
        async with asyncio.timeout(5):
            await ended.wait()
    assert "deployment a could not" in caplog.text
    assert "b broke" in caplog.text


async def test_locks_are_forgotten_when_nobody_holds_them() -> None:
    """A box with many projects does not keep a lock for each."""
    locks = ProjectLocks()
    async with locks.of("p"):
        assert locks.of("p") is locks.of("p")
        assert locks.of("p").locked()
        assert not locks.of("q").locked()
    assert dict(locks._locks) == {}
