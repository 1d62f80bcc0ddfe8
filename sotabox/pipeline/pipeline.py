"""The pipeline's front door: what operations may ask of it."""

from pathlib import Path

from sotabox.model.deployment import Deployment
from sotabox.model.project import Project


class Pipeline:
    """Takes deployments in and brings them to their end."""

    async def admit_archive(self, deployment_id: str, upload: Path) -> None:
        """Checks and unpacks an upload and keeps it as the archive of a deployment.

        Raises:
            ArchiveInvalid: it can't be used; nothing of it is left.
        """
        raise NotImplementedError

    def forget_archive(self, deployment_id: str) -> None:
        """Removes the archive and the tree of a deployment."""

    def submit(self, deployment: Deployment, *, notes: tuple[str, ...] = ()) -> None:
        """Puts a deployment in its project's line; returns at once."""

    def supersede(self, deployment: Deployment) -> None:
        """Ends one that still waited and has been stopped in the store."""

    def is_active(self, deployment_id: str) -> bool:
        """Whether its log may still grow."""
        raise NotImplementedError

    async def cancel(self, deployment_id: str) -> None:
        """Ends a deployment that is waiting or under way; the old version stays."""

    async def provision(self, project: Project) -> None:
        """Makes a new project's network, upstream file and route."""

    async def dismantle(self, project: Project) -> None:
        """Removes all of a project, rows last."""
