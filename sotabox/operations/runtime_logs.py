"""What apps print while they run, as the engine keeps it.

It is the container's: with a container that was replaced, its lines are gone.
"""

from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass

from sotabox.engine.client import EngineError
from sotabox.engine.frames import LogLine
from sotabox.errors import NothingRunning
from sotabox.model.deployment import Deployment
from sotabox.operations.actor import Actor, visible_project
from sotabox.pipeline.pipeline import Pipeline
from sotabox.store.store import Store


@dataclass(frozen=True, slots=True)
class AppLine:
    """A line that an app printed; `at` (RFC 3339, nanoseconds) is where to go on from."""

    at: str
    text: str


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
    return [line async for line in printed(pipeline, deployment, lines)]


async def printed(
    pipeline: Pipeline, deployment: Deployment, lines: int | None = None, since: str | None = None
) -> AsyncIterator[AppLine]:
    """The last lines of a serving deployment, or all that are kept, as they are read."""
    containers = pipeline.rooms.containers
    async for line in _told(containers.printed(_container(deployment), lines, since)):
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
    """Lines after the one of `after` as they are printed, until the container ends."""
    source = pipeline.rooms.containers.follow(_container(deployment), since=after or None)
    async for line in _told(source):
        yield [line]


def _container(deployment: Deployment) -> str:
    return deployment.container_id or "none"


async def _told(source: AsyncIterator[LogLine]) -> AsyncIterator[AppLine]:
    try:
        async for line in source:
            yield AppLine(line.at, line.text)
    except EngineError:  # the container was removed meanwhile: what was there has been told
        return
