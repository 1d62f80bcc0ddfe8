"""Brings a release's image back when the engine has lost it: built of its kept archive, or pulled again.

So it is after a restore on a fresh machine, and after somebody's `docker image prune -a`.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

from sotabox.engine.client import EngineError
from sotabox.engine.images import Images
from sotabox.errors import SotaboxError
from sotabox.model.deployment import Deployment, Status
from sotabox.model.environment import build_env
from sotabox.model.origin import ImageOrigin
from sotabox.model.project import Project
from sotabox.pipeline.build import Builder
from sotabox.pipeline.failure import DeploymentFailed
from sotabox.pipeline.log import DeploymentLog
from sotabox.pipeline.pull import Puller
from sotabox.pipeline.release import Release
from sotabox.pipeline.terms import terms_of
from sotabox.settings import Settings
from sotabox.store.store import Store
from sotabox.tasks import end_tasks

#: A registry may be away for a while, and the repair that begins a try comes every few minutes.
_TRIES: Final = 5

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilds:
    """Brings lost images back: for what serves in the background, for a rollback on its way."""

    settings: Settings
    store: Store
    images: Images
    builder: Builder
    puller: Puller
    build_slots: asyncio.Semaphore
    _tasks: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    _failures: Counter[str] = field(default_factory=Counter)

    async def is_lost(self, deployment: Deployment) -> bool:
        """Whether the engine has no image of a deployment, and there is a way to get it."""
        if deployment.image_id is None or await self.images.exists(deployment.image_id):
            return False
        return await self._origin(deployment) is not None

    async def ensure(
        self, project: Project, deployment: Deployment, log: DeploymentLog
    ) -> Deployment:
        """The deployment with an image that is there, built again if need be.

        Raises:
            DeploymentFailed: it can't be built any more.
            EngineUnavailable, DiskFull: the box's trouble.
        """
        if not await self.is_lost(deployment):
            return deployment
        await self._build(project, deployment, log)
        return await self.store.deployments.find(deployment.id) or deployment

    def begin(
        self, project: Project, deployment: Deployment, then: Callable[[Project], Awaitable[None]]
    ) -> None:
        """Builds in the background, then calls `then`, whether it went well or not for good."""
        if deployment.id in self._tasks:
            return
        task = asyncio.create_task(
            self._run(project, deployment, then), name=f"build {deployment.id} again"
        )
        self._tasks[deployment.id] = task
        task.add_done_callback(lambda _: self._tasks.pop(deployment.id))

    async def close(self) -> None:
        """Stops building; the next start begins anew."""
        await end_tasks(self._tasks.values())

    async def _run(
        self, project: Project, deployment: Deployment, then: Callable[[Project], Awaitable[None]]
    ) -> None:
        log = DeploymentLog(self.store.logs.open(deployment.id))
        try:
            await self._build(project, deployment, log)
        except DeploymentFailed as failure:
            log.build(f"✕ {failure.reason}", *([failure.hint] if failure.hint else []))
            self._failures[deployment.id] += 1
            if self._failures[deployment.id] < _TRIES:
                _logger.warning("%s: not built again: %s", project.slug, failure.reason)
                return
            await self._give_up(deployment, failure)
        except (SotaboxError, EngineError, OSError) as error:
            _logger.warning("%s: not built again yet: %s", project.slug, error)
            return
        try:
            await then(project)
        except (SotaboxError, EngineError, OSError) as error:
            _logger.warning("%s: built again, and not started yet: %s", project.slug, error)

    async def _build(self, project: Project, deployment: Deployment, log: DeploymentLog) -> None:
        origin = await self._origin(deployment)
        if origin is None or deployment.image_id is None:
            return
        if isinstance(origin.origin, ImageOrigin):
            log.build("Docker has lost the image of this release: pulling it again")
            async with self.build_slots:
                release = await self.puller.pull_again(project, origin, log)
        else:
            log.build("Docker has lost the image of this release: building it again")
            release = await self._build_of_archive(project, origin, log)
        await self.store.releases.replace(project.id, deployment.image_id, **release.columns())

    async def _build_of_archive(
        self, project: Project, origin: Deployment, log: DeploymentLog
    ) -> Release:
        variables = await self.store.env_vars.of_project(project.id)
        if origin.env_digest is not None:
            kept = await self.store.env_snapshots.find(project.id, origin.env_digest)
            variables = variables if kept is None else kept
        log.mask({variable.key: variable.value for variable in variables})
        terms = await terms_of(self.store, self.settings, project)
        async with self.build_slots:
            return await self.builder.build(
                project, origin, build_env(variables), terms.overrides, log
            )

    async def _origin(self, deployment: Deployment) -> Deployment | None:
        """The deployment that tells where the image came from: by a kept archive, or by a digest."""
        for other in await self.store.releases.kept(deployment.project_id):
            if other.image_id == deployment.image_id:
                if isinstance(other.origin, ImageOrigin) and other.origin.digest is not None:
                    return other
                archive = self.store.folders.archive(other.id)
                if await asyncio.to_thread(archive.is_file):
                    return other
        return None

    async def _give_up(self, deployment: Deployment, failure: DeploymentFailed) -> None:
        await self.store.deployments.advance(
            deployment.id,
            Status.FAILED,
            error=f"Docker lost its image, and it can't be built again: {failure.reason}",
            hint=failure.hint,
        )
