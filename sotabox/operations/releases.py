"""Releases started again: the current one, an older one; nothing is built for them."""

from enum import StrEnum

import msgspec

from sotabox.errors import Conflict, NoPreviousDeployment, NothingRunning
from sotabox.model.deployment import Deployment, Source
from sotabox.model.ids import new_deployment_id
from sotabox.model.project import Project
from sotabox.operations.actor import Actor, changeable_project
from sotabox.operations.deployments import find
from sotabox.operations.idempotency import made_before, once
from sotabox.operations.serving import get_running
from sotabox.pipeline.pipeline import Pipeline
from sotabox.store.idempotency import Once, Repeated
from sotabox.store.store import Store


class EnvChoice(StrEnum):
    """With which variables an older release runs again."""

    TODAY = "today"  # as they are now
    RELEASE = "release"  # as they were when it was started


async def redeploy(
    store: Store, pipeline: Pipeline, actor: Actor, ref: str, key: str | None = None
) -> Deployment:
    """The current release again, with today's variables and no build.

    With a `key`, a repeated request gives the deployment that it made at first.

    Raises:
        BadRequest, IdempotencyKeyReused: the key can't be one, or came with something else.
        NothingRunning: there is no release yet, or its image is gone.
        EngineUnavailable: nothing can be started now.
    """
    project = await changeable_project(store, actor, ref)
    release = await store.releases.current(project.id)
    if release is None or release.image_id is None:
        raise NothingRunning(
            "Nothing is running in this project, so there is nothing to deploy again",
            hint="Deploy an archive first.",
        )
    single = once(actor, key, "redeploy", project.id)
    return await repeat(store, pipeline, actor, release, Source.REDEPLOY, single=single)


async def rollback(
    store: Store,
    pipeline: Pipeline,
    actor: Actor,
    ref: str,
    to: str | None,
    env: EnvChoice = EnvChoice.TODAY,
    key: str | None = None,
) -> Deployment:
    """An older release again: the previous one, or that of deployment `to`.

    With a `key`, a repeated request gives the deployment that it made at first.

    Raises:
        BadRequest, IdempotencyKeyReused: the key can't be one, or came with something else.
        NothingRunning: nothing is running, so nothing can be gone back from.
        NoPreviousDeployment: no older release is kept.
        NotFound: `to` is no deployment of this project.
        Conflict: the image of `to`, or the variables that are wanted, are not kept any more.
        EngineUnavailable: nothing can be started now.
    """
    project = await changeable_project(store, actor, ref)
    single = once(actor, key, "rollback", project.id, to or "", env)
    if single is not None:
        # Asked first: "the previous one" is another one by now.
        try:
            await store.idempotency.check(single)
        except Repeated as repeated:
            return await made_before(store, repeated)
    release = await _older(store, project, to)
    digest = None
    if env is EnvChoice.RELEASE:
        digest = release.env_digest
        if digest is None:
            raise Conflict(
                f"The variables of deployment {release.number} are not kept",
                hint="Go back to it with today's variables, then set what differs.",
            )
    return await repeat(
        store, pipeline, actor, release, Source.ROLLBACK, env_digest=digest, single=single
    )


async def _older(store: Store, project: Project, to: str | None) -> Deployment:
    """The deployment whose release a rollback starts: `to`, or the previous one that ran."""
    if to is not None:
        release = await find(store, project, to)
        if release.image_id is None or release.url is None:
            raise Conflict(
                f"Deployment {release.number} has no image that could run again",
                hint="The list of deployments shows which ones are kept.",
            )
        return release
    previous = await store.releases.previous(await get_running(store, project))
    if previous is None:
        raise NoPreviousDeployment(
            "There is no earlier version to go back to",
            hint="Only versions that ran once, and whose image is still kept, count.",
        )
    return previous


async def repeat(
    store: Store,
    pipeline: Pipeline,
    actor: Actor,
    release: Deployment,
    source: Source,
    *,
    env_digest: str | None = None,
    single: Once | None = None,
) -> Deployment:
    """A new deployment of a release, with the variables of `env_digest`, or with today's.

    What `single` says was made already is given instead.

    Raises:
        EngineUnavailable: nothing can be started now.
    """
    await pipeline.require_engine()
    own = await store.project_settings.of(release.project_id)
    if own.port is not None:
        release = msgspec.structs.replace(release, port=own.port)
    try:
        deployment = await store.deployments.insert_deploying(
            new_deployment_id(),
            release,
            source,
            actor.user.id,
            env_digest=env_digest,
            once=single,
        )
    except Repeated as repeated:
        return await made_before(store, repeated)
    pipeline.submit(deployment)
    return deployment
