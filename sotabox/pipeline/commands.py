"""One-off commands: what somebody wants to run once in a release's image, and see the output of.

Each runs in a container of its own, walled in like the app's, on the project's network and with the
release's variables. It ends with its time, with its reader, and with the box; what a killed box
leaves is removed at its next start, like any container that serves nobody.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from sotabox.engine.client import EngineError
from sotabox.engine.containers import Containers
from sotabox.engine.frames import LogLine
from sotabox.engine.labels import Role
from sotabox.errors import Conflict, EngineUnavailable, Invalid
from sotabox.fault_points import FaultPoint, reach
from sotabox.model.deployment import Deployment
from sotabox.model.project import Project
from sotabox.pipeline.candidate import Candidates
from sotabox.pipeline.failure import DeploymentFailed
from sotabox.pipeline.locks import ProjectLocks
from sotabox.tasks import end_tasks

#: Commands of one project at the same time: each takes an address and memory beside the app.
AT_ONCE: Final = 4
_SHELL: Final = ("/bin/sh", "-c")
_LINES_AHEAD: Final = 1000  # that a slow reader may be behind, before the command has to wait
_EXIT_S: Final = 10  # between the end of the output and that of the container
_TAKEN_S: Final = 30  # until somebody who reads takes the last line

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a command ended: with an exit code, or for the reason that `problem` names."""

    exit_code: int | None = None
    problem: str | None = None


@dataclass(slots=True)
class Command:
    """A command at work. Its reader takes `output` to its end, then looks at the `outcome`."""

    project_id: str
    container_id: str
    outcome: Outcome = Outcome(problem="it was broken off")
    _lines: asyncio.Queue[LogLine | None] = field(
        default_factory=lambda: asyncio.Queue(_LINES_AHEAD)
    )
    _task: asyncio.Task[None] | None = None

    async def output(self) -> AsyncGenerator[LogLine, None]:
        """Its lines as they are printed; whoever stops reading ends the command."""
        try:
            while (line := await self._lines.get()) is not None:
                yield line
        finally:
            await self.end()

    def break_off(self) -> None:
        """Lets a reader come to the end at once, whatever was still to be read."""
        if self._lines.full():
            self._lines.get_nowait()
        self._lines.put_nowait(None)

    async def end(self) -> None:
        """Ends it, if it still runs, and removes its container."""
        if self._task is not None:
            await end_tasks([self._task])


class Commands:
    """The one-off commands that are at work."""

    def __init__(self, candidates: Candidates, containers: Containers, swaps: ProjectLocks) -> None:
        self._candidates = candidates
        self._containers = containers
        self._swaps = swaps
        self._running: dict[str, Command] = {}

    def containers(self) -> frozenset[str]:
        """The ids of containers in which a command is at work."""
        return frozenset(self._running)

    async def start(
        self,
        project: Project,
        deployment: Deployment,
        env: Mapping[str, str],
        command: str | Sequence[str],
        timeout_s: float,
    ) -> Command:
        """A command in a container of its own.

        Args:
            project: whose network it gets.
            deployment: whose image it runs in.
            env: its variables.
            command: a line for the image's shell, or a program with its arguments.
            timeout_s: after which it is ended.

        Raises:
            Conflict: enough of the project's commands are at work.
            Invalid: the image can't run it.
            EngineUnavailable: nothing can be started now.
        """
        # Repairs hold the same lock: none sees the container before we know its id.
        async with self._swaps.of(project.id):
            self._require_room(project)
            entrypoint, arguments = _words(command)
            try:
                request = await self._candidates.request(
                    project,
                    deployment,
                    env,
                    command=arguments,
                    entrypoint=entrypoint,
                    role=Role.COMMAND,
                )
                candidate = await self._candidates.start(request)
            except DeploymentFailed as failure:
                raise Invalid(
                    f"This command can't be run: {failure.reason}",
                    hint="An image without a shell takes a list: the program and its arguments.",
                ) from failure
            reach(FaultPoint.COMMAND_STARTED)
            started = Command(project.id, candidate.container_id)
            self._running[candidate.container_id] = started
        started._task = asyncio.create_task(  # noqa: SLF001 - made here, and nowhere else
            self._see_out(started, timeout_s), name=f"command {candidate.container_id[:12]}"
        )
        return started

    async def end_project(self, project_id: str) -> None:
        """Ends all commands of a project."""
        await asyncio.gather(
            *(c.end() for c in tuple(self._running.values()) if c.project_id == project_id)
        )

    async def close(self) -> None:
        """Ends all commands."""
        await asyncio.gather(*(command.end() for command in tuple(self._running.values())))

    def _require_room(self, project: Project) -> None:
        at_work = sum(command.project_id == project.id for command in self._running.values())
        if at_work >= AT_ONCE:
            raise Conflict(
                f"{at_work} commands are running in this project already",
                hint="Wait until one has ended.",
            )

    async def _see_out(self, command: Command, timeout_s: float) -> None:
        try:
            command.outcome = await self._watch(command, timeout_s)
        except (EngineUnavailable, EngineError) as error:
            command.outcome = Outcome(problem=f"its container was lost: {error}")
        except asyncio.CancelledError:
            command.break_off()
            raise
        finally:
            await self._candidates.discard(command.container_id)
            self._running.pop(command.container_id, None)
        with suppress(TimeoutError):  # nobody reads any more
            async with asyncio.timeout(_TAKEN_S):
                await command._lines.put(None)  # noqa: SLF001

    async def _watch(self, command: Command, timeout_s: float) -> Outcome:
        try:
            async with asyncio.timeout(timeout_s):
                async for line in self._containers.follow(command.container_id):
                    await command._lines.put(line)  # noqa: SLF001
        except TimeoutError:
            return Outcome(problem=f"it was not done after {timeout_s:g} s")
        try:
            return Outcome(await self._containers.wait_exit(command.container_id, _EXIT_S))
        except TimeoutError:
            return Outcome(problem="its output was lost")


def _words(command: str | Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Entry point and arguments: the image's own entry point has no part in it."""
    if isinstance(command, str):
        return _SHELL, (command,)
    program, *arguments = command
    return (program,), tuple(arguments)
