"""Releases: the columns of `deployments` that say what can be started again, and from which image."""

from typing import Any

from sotabox.model.deployment import Deployment
from sotabox.model.times import now
from sotabox.store.database import Database
from sotabox.store.deployment_changes import assignments
from sotabox.store.deployment_rows import DEPLOYMENT, deployment_of
from sotabox.store.env_snapshots import FORGET as FORGET_SNAPSHOTS

_CURRENT = f"""
    SELECT {DEPLOYMENT} FROM deployments WHERE project_id = ? AND status = 'running'"""
_NEWEST_SERVED = f"""
    SELECT {DEPLOYMENT} FROM deployments
    WHERE project_id = ? AND url IS NOT NULL AND image_id IS NOT NULL
    ORDER BY number DESC LIMIT 1"""
_PREVIOUS = f"""
    SELECT {DEPLOYMENT} FROM deployments
    WHERE project_id = ? AND number < ? AND url IS NOT NULL AND image_id <> ?
    ORDER BY number DESC LIMIT 1"""
_KEPT = f"""
    SELECT {DEPLOYMENT} FROM deployments
    WHERE project_id = ? AND image_id IS NOT NULL ORDER BY number DESC"""
_IMAGE_IDS = "SELECT DISTINCT image_id FROM deployments WHERE image_id IS NOT NULL"
_FORGET = "UPDATE deployments SET image_id = NULL WHERE project_id = ? AND image_id = ?"


class Releases:
    """What of a project's deployments can be started again."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def current(self, project_id: str) -> Deployment | None:
        """The deployment whose release a redeploy uses: the running one, else the last that ran."""
        row = await self._database.find(_CURRENT, (project_id,))
        row = row or await self._database.one(_NEWEST_SERVED, (project_id,))
        return deployment_of(row) if row else None

    async def previous(self, current: Deployment) -> Deployment | None:
        """The newest deployment before `current` that served another image."""
        values = (current.project_id, current.number, current.image_id)
        row = await self._database.one(_PREVIOUS, values)
        return deployment_of(row) if row else None

    async def kept(self, project_id: str) -> list[Deployment]:
        """A project's deployments that can be rolled back to, newest first."""
        return [deployment_of(row) for row in await self._database.all(_KEPT, (project_id,))]

    async def image_ids(self) -> frozenset[str]:
        """The images that some deployment of the box needs."""
        return frozenset(row["image_id"] for row in await self._database.all(_IMAGE_IDS))

    async def forget(self, project_id: str, image_id: str) -> None:
        """The image is gone: its deployments can't be rolled back to any more."""
        async with self._database.transaction() as transaction:
            await transaction.execute(_FORGET, (project_id, image_id))
            await transaction.execute(FORGET_SNAPSHOTS, {"project_id": project_id})

    async def replace(self, project_id: str, lost_image_id: str, **release: Any) -> None:
        """The release of an image that was lost was built again: all its deployments have it."""
        changes = {"now": now(), "project_id": project_id, "lost": lost_image_id, **release}
        async with self._database.transaction() as transaction:
            await transaction.execute(
                f"""UPDATE deployments SET updated_at = :now{assignments(release)}
                    WHERE project_id = :project_id AND image_id = :lost""",
                changes,
            )
