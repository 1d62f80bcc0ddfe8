"""Watches new versions for a while, and goes back by itself where one fails its visitors.

Going back is an ordinary rollback: the version before is started of its kept image, with the
variables that it had, probed, and swapped to; until it serves, the failing one does. Keeping the old
container beside the new one would take its memory all the time, on boxes that have little, to save
a second in the rare case.

    what is watched is a row from before the swap on     a killed box goes on watching
    why it goes back is noted with the rollback          ... and makes no second one
    a deployment of somebody's ends the watch            nobody's correction is rolled back
    a rollback is not watched                            two bad versions don't take turns
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from sotabox.engine.client import EngineError, EngineNotFound
from sotabox.engine.containers import Containers
from sotabox.errors import SotaboxError
from sotabox.model.deployment import Deployment, Source, Status
from sotabox.model.guard import PERCENT_DEFAULT, WINDOW_S, Answers, Guard, judge
from sotabox.model.ids import new_deployment_id
from sotabox.model.project import Project
from sotabox.model.times import format_time, parse_time
from sotabox.pipeline.log import DeploymentLog
from sotabox.pipeline.traffic import Visits
from sotabox.store.store import Store
from sotabox.tasks import end_tasks

_LOOK_EVERY_S: Final = 5.0
_PATIENCE_S: Final = 0.3

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Guards:
    """The watches that are on, each in a task of its own."""

    store: Store
    containers: Containers
    visits: Visits
    submit: Callable[[str, str], None]  # project and deployment, to the queue
    look_every_s: float = _LOOK_EVERY_S
    _tasks: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    async def prepare(
        self, project: Project, deployment: Deployment, running: Deployment | None
    ) -> Guard | None:
        """Notes, before a swap, that a deployment is to be watched, where its project wants that.

        Whatever goes wrong here is no reason to keep a version from its visitors.
        """
        if running is None or deployment.source is Source.ROLLBACK:
            return None
        try:
            own = await self.store.project_settings.of(project.id)
            if not own.guard_minutes:
                return None
            guard = Guard(
                project_id=project.id,
                deployment_id=deployment.id,
                previous_id=running.id,
                until=format_time(datetime.now(UTC) + timedelta(minutes=own.guard_minutes)),
                percent=own.guard_5xx_percent or PERCENT_DEFAULT,
                percent_before=await self._percent_now(project),
            )
            await self.store.guards.put(guard)
        except SotaboxError as error:
            _logger.warning("%s is not watched: %s", project.slug, error)
            return None
        return guard

    async def _percent_now(self, project: Project) -> float:
        """How many of a project's answers were server errors so far; a swap waits for it, briefly."""
        try:
            async with asyncio.timeout(_PATIENCE_S):
                return (await self.visits.answers(project)).percent
        except (SotaboxError, TimeoutError):
            return 0.0  # unknown: then only what the project allows counts

    def begin(self, guard: Guard) -> None:
        """Watches, from now on, a deployment that serves."""
        if (earlier := self._tasks.pop(guard.project_id, None)) is not None:
            earlier.cancel()
        task = asyncio.create_task(self._run(guard), name=f"guard {guard.deployment_id}")
        self._tasks[guard.project_id] = task
        task.add_done_callback(lambda done: self._forget(guard.project_id, done))

    async def resume(self) -> None:
        """Goes on with what was watched when the box was stopped."""
        for guard in await self.store.guards.all():
            self.begin(guard)

    async def close(self) -> None:
        """Stops watching; the rows stay, for the next start."""
        await end_tasks(self._tasks.values())

    def _forget(self, project_id: str, task: asyncio.Task[None]) -> None:
        if self._tasks.get(project_id) is task:
            del self._tasks[project_id]

    async def _run(self, guard: Guard) -> None:
        looks = deque[tuple[float, Answers]]()
        restarts = None
        while True:
            try:
                watched = await self._watched(guard)
                if watched is None:
                    await self.store.guards.delete(guard)
                    return
                project, deployment = watched
                if deployment.status is Status.DEPLOYING:
                    await asyncio.sleep(self.look_every_s)  # recovery is about to settle its swap
                    continue
                answers = await self.visits.answers(project)
                count = await self._restarts(deployment)
                restarts = count if restarts is None else restarts
                looks.append((time.monotonic(), answers))
                while len(looks) > 1 and looks[1][0] <= time.monotonic() - WINDOW_S:
                    looks.popleft()
                reason = judge(guard, answers.since(looks[0][1]), count - restarts)
                if reason is not None:
                    await self._go_back(guard, project, deployment, reason)
                    return
            except (SotaboxError, EngineError) as error:
                _logger.warning("a guard can't look: %s", error)
            await asyncio.sleep(self.look_every_s)

    async def _watched(self, guard: Guard) -> tuple[Project, Deployment] | None:
        """What is to be looked at; None where the watch is over."""
        if parse_time(guard.until) <= datetime.now(UTC):
            return None
        project = await self.store.projects.find(guard.project_id)
        if project is None or project.deleting:
            return None
        unfinished = await self.store.deployments.unfinished_of(project.id)
        mine = next((d for d in unfinished if d.id == guard.deployment_id), None)
        if mine is None or mine.status not in {Status.RUNNING, Status.DEPLOYING}:
            return None
        if mine.status is Status.RUNNING and len(unfinished) > 1:
            return None  # somebody deploys already
        return project, mine

    async def _restarts(self, deployment: Deployment) -> int:
        """How often the engine has started containers of a deployment again."""
        count = 0
        for container_id in deployment.container_ids:
            with suppress(EngineNotFound):
                count += (await self.containers.inspect(container_id)).restart_count
        return count

    async def _go_back(
        self, guard: Guard, project: Project, deployment: Deployment, reason: str
    ) -> None:
        release = await self.store.deployments.find(guard.previous_id)
        if release is None or release.image_id is None:
            _logger.warning("%s can't go back: its image is gone", project.slug)
            await self.store.guards.delete(guard)
            return
        why = f"The guard went back to version {release.number}: {reason}"
        rollback = await self.store.deployments.insert_return(
            new_deployment_id(),
            deployment,
            release,
            error=why,
            hint="Look at its log, mend it and deploy again.",
        )
        if rollback is not None:  # else somebody deploys already
            log = DeploymentLog(self.store.logs.open(rollback.id))
            log.deploy(f"The guard goes back from version {deployment.number}: {reason}")
            self.submit(project.id, rollback.id)
            _logger.warning("%s: %s", project.slug, why)
        await self.store.guards.delete(guard)
