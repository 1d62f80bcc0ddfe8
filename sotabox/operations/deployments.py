"""Deployments: whether one may come, how they stand, and their end before their time.

What they are made of is in `archives`, `sources` and `releases`.
"""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass

from sotabox.errors import Conflict, DiskFull, NotFound, ProjectDeleting
from sotabox.model.deployment import SETTLED, Deployment, Status
from sotabox.model.project import Project
from sotabox.operations.actor import Actor, changeable_project, visible_project
from sotabox.pipeline.pipeline import Pipeline
from sotabox.settings import Settings
from sotabox.store.store import Store


@dataclass(frozen=True, slots=True)
class Latest:
    """A project's newest deployment, and the one that serves; often they are the same."""

    newest: Deployment
    running: Deployment | None

    @property
    def status(self) -> Status:
        """What to say of the project in a word: what is under way, else whether it serves."""
        if self.running is not None and self.newest.status in SETTLED:
            return Status.RUNNING
        return self.newest.status


async def admit(
    store: Store, pipeline: Pipeline, settings: Settings, actor: Actor, ref: str
) -> Project:
    """Says before anything is read or fetched whether a new version may come to a project.

    Raises:
        NotFound, Forbidden, ProjectDeleting: not to this one.
        EngineUnavailable: nothing can be built now.
        DiskFull: the disk is below the floor that keeps the box alive.
    """
    project = await changeable_project(store, actor, ref)
    if project.deleting:
        raise ProjectDeleting("This project is being deleted")
    free_mb = shutil.disk_usage(store.folders.root).free // 1_000_000
    if free_mb < settings.disk_floor_mb:
        raise DiskFull(
            f"Only {free_mb:,} MB of disk are free; "
            f"{settings.disk_floor_mb:,} MB are kept for the apps",
            hint="Free some space, or lower SOTABOX_DISK_FLOOR_MB.",
            retry_after_s=60,
        )
    await pipeline.require_engine()
    return project


async def cancel(
    store: Store, pipeline: Pipeline, actor: Actor, ref: str, deployment_id: str
) -> Deployment:
    """Ends a deployment that waits or is under way, and its build with it; what serves stays.

    Raises:
        NotFound: the project has none of that id.
        Conflict: it is settled, so there is nothing to cancel.
    """
    await changeable_project(store, actor, ref)
    deployment = await get(store, actor, ref, deployment_id)
    if not await pipeline.cancel(deployment):
        settled = await get(store, actor, ref, deployment_id)
        raise Conflict(
            f"Deployment {settled.number} is {settled.status}: there is nothing to cancel",
            hint="To replace what is running, deploy again or roll back.",
        )
    return await get(store, actor, ref, deployment_id)


async def latest(store: Store, projects: Sequence[Project]) -> dict[str, Latest]:
    """How projects stand, by their ids; those without a deployment are left out."""
    ids = [project.id for project in projects]
    newest = {d.project_id: d for d in await store.deployments.newest_of(ids)}
    running = {d.project_id: d for d in await store.deployments.running_of(ids)}
    return {id_: Latest(newest[id_], running.get(id_)) for id_ in newest}


async def get(store: Store, actor: Actor, ref: str, deployment_id: str) -> Deployment:
    """A deployment of a project.

    Raises:
        NotFound: the project has none of that id.
    """
    return await find(store, await visible_project(store, actor, ref), deployment_id)


async def find(store: Store, project: Project, deployment_id: str) -> Deployment:
    """The same, of a project that the actor was shown already; raises as `get`."""
    deployment = await store.deployments.find(deployment_id)
    if deployment is None or deployment.project_id != project.id:
        raise NotFound("There is no such deployment in this project")
    return deployment


async def page(
    store: Store, actor: Actor, ref: str, before: int | None, limit: int
) -> list[Deployment]:
    """At most `limit` deployments of a project with a number below `before`, newest first."""
    project = await visible_project(store, actor, ref)
    return await store.deployments.page(project.id, before, limit)
