"""The pipeline's front door: what operations may ask of it."""

import asyncio
import logging
import shutil
from dataclasses import dataclass
from pathlib import Path

from sotabox.builds.archive import ArchiveLimits
from sotabox.builds.intake import extract
from sotabox.engine.client import Engine
from sotabox.errors import EngineUnavailable
from sotabox.fault_points import FaultPoint, reach
from sotabox.model.deployment import Deployment, Status
from sotabox.model.project import Project
from sotabox.pipeline.commands import Commands
from sotabox.pipeline.fetch import Fetcher
from sotabox.pipeline.locks import ProjectLocks
from sotabox.pipeline.log import DeploymentLog
from sotabox.pipeline.presence import Presence
from sotabox.pipeline.projects import ProjectRooms
from sotabox.pipeline.pull import Puller
from sotabox.pipeline.queue import Queue
from sotabox.pipeline.serving import Serving
from sotabox.store.store import Store

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline:
    """Takes deployments in and brings them to their end."""

    store: Store
    engine: Engine
    queue: Queue
    rooms: ProjectRooms
    serving: Serving
    commands: Commands
    presence: Presence
    fetcher: Fetcher
    puller: Puller
    swaps: ProjectLocks
    limits: ArchiveLimits

    async def require_engine(self) -> None:
        """Says before work is taken in whether it could be done.

        Raises:
            EngineUnavailable: Docker does not answer.
        """
        if not await self.engine.ping():
            raise EngineUnavailable(
                "Docker does not answer, so nothing can be deployed; running apps are not touched",
                hint="On the box, see: systemctl status docker",
                retry_after_s=10,
            )

    async def admit_archive(self, deployment_id: str, upload: Path) -> None:
        """Checks and unpacks an upload, and keeps it as the archive of a deployment.

        Raises:
            ArchiveInvalid: it can't be used; nothing of it is left.
        """
        folders = self.store.folders
        try:
            await extract(upload, folders.tree(deployment_id), self.limits)
            upload.replace(folders.archive(deployment_id))
        finally:
            upload.unlink(missing_ok=True)

    async def forget_archive(self, deployment_id: str) -> None:
        """Removes the archive and the tree of a deployment."""
        folders = self.store.folders
        folders.archive(deployment_id).unlink(missing_ok=True)
        await asyncio.to_thread(shutil.rmtree, folders.tree(deployment_id), ignore_errors=True)

    def submit(self, deployment: Deployment, *, notes: tuple[str, ...] = ()) -> None:
        """Puts a deployment in its project's line; returns at once."""
        log = DeploymentLog(self.store.logs.open(deployment.id))
        if deployment.status is Status.PENDING:
            log.build("Waiting for a build slot...", *notes)
        self.queue.submit(deployment.project_id, deployment.id)

    async def supersede(self, deployment: Deployment) -> None:
        """Ends the work on one that still waited and has been stopped in the store."""
        DeploymentLog(self.store.logs.open(deployment.id)).build(deployment.error or "Stopped")
        await self.queue.cancel(deployment.id)
        await self.forget_archive(deployment.id)

    def is_active(self, deployment_id: str) -> bool:
        """Whether its log may still grow."""
        return self.queue.is_active(deployment_id)

    async def cancel(self, deployment: Deployment) -> bool:
        """Ends a deployment that waits or is under way; False where it was settled already.

        Its candidate, if there is one, never serves: a swap is under the same lock.
        """
        async with self.swaps.of(deployment.project_id):
            current = await self.store.deployments.find(deployment.id)
            if current is None or current.status is Status.RUNNING:
                return False
            stopped = await self.store.deployments.advance(
                deployment.id, Status.STOPPED, error="Cancelled"
            )
        if stopped is None:
            return False
        reach(FaultPoint.CANCEL_NOTED)
        DeploymentLog(self.store.logs.open(deployment.id)).deploy("Cancelled")
        await self.queue.cancel(deployment.id)
        await self.forget_archive(deployment.id)
        return True

    async def provision(self, project: Project) -> None:
        """Makes a new project's network, upstream file and route."""
        await self.rooms.provision(project)

    async def dismantle(self, project: Project) -> None:
        """Removes all of a project, rows last."""
        await self.rooms.dismantle(project)
