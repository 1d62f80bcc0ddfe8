"""What apps print while they run, as the engine keeps it.

It is the container's: with a container that was replaced, its lines are gone.
"""

from collections import deque
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass

from sotabox.engine.client import EngineError
from sotabox.engine.frames import LogLine
from sotabox.errors import NothingRunning
from sotabox.model.deployment import Deployment, Status
from sotabox.operations.actor import Actor, visible_project
from sotabox.operations.app_lines import AppLine, Lines, as_they_come, by_time, named
from sotabox.operations.log_position import Seen
from sotabox.pipeline.pipeline import Pipeline
from sotabox.store.store import Store


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which lines somebody wants to see.

    Attributes:
        tail: how many of the last ones; None: all that are kept.
        search: only those that hold this text, in any case.
    """

    tail: int | None = None
    search: str = ""

    def takes(self, line: AppLine) -> bool:
        """Whether a line is among those that are searched for."""
        return self.search.casefold() in line.text.casefold()


async def serving(store: Store, actor: Actor, ref: str) -> Deployment:
    """The deployment whose app prints now.

    Raises:
        NotFound: the actor sees no such project.
        NothingRunning: none serves.
    """
    project = await visible_project(store, actor, ref)
    running = await store.deployments.running(project.id)
    if running is None:
        raise NothingRunning(
            "Nothing runs in this project, so nothing is printed",
            hint="What a container printed goes with it. Build and deploy logs are kept with "
            "their deployments.",
        )
    return running


async def tail(pipeline: Pipeline, deployment: Deployment, lines: int, seen: Seen) -> list[AppLine]:
    """The last lines of a serving deployment; none where its container is just being made anew."""
    return await wanted_lines(pipeline, deployment, Wanted(tail=lines), seen)


async def printed(
    pipeline: Pipeline, deployment: Deployment, seen: Seen, lines: int | None = None
) -> AsyncIterator[AppLine]:
    """The last lines that a reader lacks of a serving deployment, or all that are kept.

    With several replicas `lines` counts for each of them.
    """
    containers = pipeline.rooms.containers
    seen.meet(deployment.container_ids)
    sources = [
        _told(containers.printed(id_, lines, seen.since_of(id_)), id_, deployment)
        for id_ in deployment.container_ids
    ]
    async with aclosing(by_time(sources)) as merged:
        async for line in merged:
            if seen.lacks(line):
                yield line


async def wanted_lines(
    pipeline: Pipeline, deployment: Deployment, wanted: Wanted, seen: Seen
) -> list[AppLine]:
    """The lines that are wanted of those that a reader lacks, oldest first.

    Of what is searched for, `tail` counts what was found; without a search the engine counts. What
    it leaves out counts as seen.
    """
    count = None if wanted.search else wanted.tail
    found = deque[AppLine]()
    async for line in printed(pipeline, deployment, seen, count):
        if not wanted.takes(line):
            continue
        found.append(line)
        if wanted.tail is not None and len(found) > wanted.tail:
            seen.advance(found.popleft())
    return list(found)


async def follow(
    pipeline: Pipeline, store: Store, deployment: Deployment, seen: Seen
) -> AsyncIterator[list[AppLine]]:
    """The lines that a reader lacks as they are printed; whoever passes them on advances `seen`.

    Until a container of it ends; where another version serves by now, until the last of them does.
    """
    containers = pipeline.rooms.containers
    seen.meet(deployment.container_ids)

    async def is_over() -> bool:
        current = await store.deployments.find(deployment.id)
        return current is not None and current.status is Status.RUNNING

    sources = [
        _told(containers.follow(id_, since=seen.since_of(id_)), id_, deployment)
        for id_ in deployment.container_ids
    ]
    async with aclosing(as_they_come(sources, is_over)) as merged:
        async for line in merged:
            if seen.lacks(line):
                yield [line]


async def _told(source: AsyncIterator[LogLine], id_: str, deployment: Deployment) -> Lines:
    ids = deployment.container_ids
    try:
        async for line in source:
            told = AppLine(line.at, line.text, id_, line.stream)
            yield named(told, ids.index(id_) + 1, len(ids))
    except EngineError:  # the container was removed meanwhile: what was there has been told
        return
