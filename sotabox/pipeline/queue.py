"""The queue: one deployment at a time a project, in the order in which they came.

The rows are the queue that lasts; this one is rebuilt from them at each start. As a project never
has more than one deployment waiting for a build (a newer one supersedes it), first come, first
served is fair between projects.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from sotabox.pipeline.locks import ProjectLocks
from sotabox.tasks import end_tasks

_logger = logging.getLogger(__name__)


class Queue:
    """The tasks of deployments that wait or are under way."""

    def __init__(
        self, run: Callable[[str], Awaitable[None]], on_end: Callable[[str], None]
    ) -> None:
        self._run = run
        self._on_end = on_end
        self._turns = ProjectLocks()
        self._tasks: dict[str, tuple[str, asyncio.Task[None]]] = {}

    def submit(self, project_id: str, deployment_id: str) -> None:
        """Lines a deployment up behind those of its project; one that is there already stays."""
        if deployment_id in self._tasks:
            return
        task = asyncio.create_task(
            self._take_turn(project_id, deployment_id), name=f"deployment {deployment_id}"
        )
        self._tasks[deployment_id] = (project_id, task)
        task.add_done_callback(lambda task: self._ended(deployment_id, task))

    def is_active(self, deployment_id: str) -> bool:
        """Whether it waits or is under way."""
        return deployment_id in self._tasks

    def active(self) -> frozenset[str]:
        """All that wait or are under way."""
        return frozenset(self._tasks)

    async def cancel(self, deployment_id: str) -> None:
        """Ends the work on a deployment, and waits until it is ended; what has none is fine."""
        if deployment_id in self._tasks:
            await end_tasks([self._tasks[deployment_id][1]])

    async def cancel_project(self, project_id: str) -> None:
        """The same for all deployments of a project."""
        await end_tasks([task for owner, task in self._tasks.values() if owner == project_id])

    async def close(self) -> None:
        """Lets go of everything; the rows stay as they are, for the next start."""
        await end_tasks([task for _, task in self._tasks.values()])

    async def _take_turn(self, project_id: str, deployment_id: str) -> None:
        async with self._turns.of(project_id):
            await self._run(deployment_id)

    def _ended(self, deployment_id: str, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            _logger.error(
                "deployment %s could not even be noted as failed; the next repair takes it up",
                deployment_id,
                exc_info=error,
            )
        del self._tasks[deployment_id]
        self._on_end(deployment_id)
