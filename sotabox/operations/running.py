"""A project's running version: paused, brought back, restarted. Nothing is built for any of these."""

from sotabox.errors import Conflict, NothingRunning
from sotabox.model.deployment import Deployment, Source
from sotabox.model.project import Project
from sotabox.operations.actor import Actor, changeable_project, visible_project
from sotabox.operations.releases import repeat
from sotabox.operations.serving import get_running
from sotabox.pipeline.pipeline import Pipeline
from sotabox.store.store import Store


async def pause(store: Store, pipeline: Pipeline, actor: Actor, ref: str) -> Project:
    """Stops a project's containers; visitors see a page that says so, until a deployment runs.

    What waits or is under way is cancelled. To pause what is paused changes nothing.

    Raises:
        NothingRunning: there is nothing that could be paused.
        EngineUnavailable: nothing can be stopped now.
    """
    project = await changeable_project(store, actor, ref)
    if project.paused:
        return project
    if not await store.deployments.unfinished_of(project.id):
        raise NothingRunning("Nothing is running in this project, so there is nothing to pause")
    await pipeline.require_engine()
    await pipeline.serving.pause(project)
    return await visible_project(store, actor, project.id)


async def resume(store: Store, pipeline: Pipeline, actor: Actor, ref: str) -> Deployment:
    """Brings a paused project back: its last release, with the variables that it had.

    Visitors see the page until it is healthy; should it not become so, the project stays paused.

    Raises:
        Conflict: the project is not paused.
        NothingRunning: no release is kept that could be started.
        EngineUnavailable: nothing can be started now.
    """
    project = await changeable_project(store, actor, ref)
    if not project.paused:
        raise Conflict(
            "This project is not paused", hint="To start its app anew, restart or redeploy it."
        )
    release = await store.releases.current(project.id)
    if release is None or release.image_id is None:
        raise NothingRunning(
            "No version of this project is kept that could be started",
            hint="Deploy an archive: that ends the pause as well.",
        )
    return await _again(store, pipeline, actor, release)


async def restart(store: Store, pipeline: Pipeline, actor: Actor, ref: str) -> Deployment:
    """The running version in a new container, with the variables that it has; no request is lost.

    It is a deployment like others: one that does not become healthy leaves the old container.

    Raises:
        NothingRunning: nothing is running.
        EngineUnavailable: nothing can be started now.
    """
    project = await changeable_project(store, actor, ref)
    return await _again(store, pipeline, actor, await get_running(store, project))


async def _again(store: Store, pipeline: Pipeline, actor: Actor, release: Deployment) -> Deployment:
    return await repeat(
        store, pipeline, actor, release, Source.REDEPLOY, env_digest=release.env_digest
    )
