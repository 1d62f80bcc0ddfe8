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
from sotabox.model.deployment import Deployment
from sotabox.operations.actor import Actor, visible_project
from sotabox.operations.app_lines import AppLine, Lines, as_they_come, by_time, named
from sotabox.pipeline.pipeline import Pipeline
from sotabox.store.store import Store


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which lines somebody wants to see.

    Attributes:
        tail: how many of the last ones; None: all that are kept.
        since: only those after this moment (RFC 3339, UTC).
        search: only those that hold this text, in any case.
    """

    tail: int | None = None
    since: str | None = None
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


async def tail(pipeline: Pipeline, deployment: Deployment, lines: int) -> list[AppLine]:
    """The last lines of a serving deployment; none where its container is just being made anew."""
    return await wanted_lines(pipeline, deployment, Wanted(tail=lines))


async def printed(
    pipeline: Pipeline, deployment: Deployment, lines: int | None = None, since: str | None = None
) -> AsyncIterator[AppLine]:
    """The last lines of a serving deployment, or all that are kept, as they are read.

    With several replicas `lines` counts for each of them.
    """
    containers = pipeline.rooms.containers
    sources = [
        _told(containers.printed(replica.container_id, lines, since), ordinal, deployment)
        for ordinal, replica in enumerate(deployment.replicas, start=1)
    ]
    async with aclosing(by_time(sources)) as merged:
        async for line in merged:
            yield line


async def wanted_lines(pipeline: Pipeline, deployment: Deployment, wanted: Wanted) -> list[AppLine]:
    """The lines that are wanted of those that are kept, oldest first.

    Of what is searched for, `tail` counts what was found; without a search the engine counts.
    """
    count = None if wanted.search else wanted.tail
    found = deque[AppLine](maxlen=wanted.tail)
    async for line in printed(pipeline, deployment, count, wanted.since):
        if wanted.takes(line):
            found.append(line)
    return list(found)


async def follow(
    pipeline: Pipeline, deployment: Deployment, after: str
) -> AsyncIterator[list[AppLine]]:
    """Lines after the one of `after` as they are printed, until a container of it ends."""
    containers = pipeline.rooms.containers
    sources = [
        _told(containers.follow(replica.container_id, since=after or None), ordinal, deployment)
        for ordinal, replica in enumerate(deployment.replicas, start=1)
    ]
    async with aclosing(as_they_come(sources)) as merged:
        async for line in merged:
            yield [line]


async def _told(source: AsyncIterator[LogLine], ordinal: int, deployment: Deployment) -> Lines:
    count = len(deployment.replicas)
    try:
        async for line in source:
            yield named(AppLine(line.at, line.text), ordinal, count)
    except EngineError:  # the container was removed meanwhile: what was there has been told
        return
