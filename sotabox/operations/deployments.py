"""Deployments: accepted, repeated, rolled back, read."""

import logging
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import msgspec

from sotabox.errors import (
    Conflict,
    DiskFull,
    NoPreviousDeployment,
    NotFound,
    NothingRunning,
    ProjectDeleting,
    Unavailable,
)
from sotabox.fault_points import FaultPoint, reach
from sotabox.model.deployment import SETTLED, Deployment, Source, Status
from sotabox.model.ids import new_deployment_id
from sotabox.model.origin import archive_origin
from sotabox.model.project import Project
from sotabox.operations.actor import Actor, changeable_project, visible_project
from sotabox.operations.idempotency import digest_file, made_before, once
from sotabox.operations.serving import get_running
from sotabox.pipeline.pipeline import Pipeline
from sotabox.settings import Settings
from sotabox.store.idempotency import Once, Repeated
from sotabox.store.store import Store

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Upload:
    """A body that was received: a file of ours, and how long it took."""

    path: Path
    size_bytes: int
    duration_ms: int
    notes: tuple[str, ...] = ()  # what the log should say of it
    fields: Mapping[str, str] = field(default_factory=dict)  # of its form, those asked for
    filename: str = ""  # as its sender called it


class EnvChoice(StrEnum):
    """With which variables an older release runs again."""

    TODAY = "today"  # as they are now
    RELEASE = "release"  # as they were when it was started


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


async def prepare_upload(
    store: Store, pipeline: Pipeline, settings: Settings, actor: Actor, ref: str
) -> Project:
    """Says before a body is read whether it may come.

    Raises:
        NotFound, Forbidden, ProjectDeleting: not to this project.
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


async def deploy(
    store: Store,
    pipeline: Pipeline,
    settings: Settings,
    actor: Actor,
    project: Project,
    upload: Upload,
    key: str | None = None,
) -> Deployment:
    """Takes an uploaded archive in: checked, unpacked, queued.

    With a `key`, the same archive that comes again gives the deployment that it made at first.

    Raises:
        BadRequest, IdempotencyKeyReused: the key can't be one, or came with something else.
        ArchiveInvalid: the archive can't be used; nothing of it is left.
        QueueFull, ProjectDeleting: nothing is left either.
    """
    digest = await digest_file(upload.path) if key else ""
    single = once(actor, key, "deploy", project.id, digest)
    id_ = new_deployment_id()
    try:
        if single is not None:
            await store.idempotency.check(single)
        await pipeline.admit_archive(id_, upload.path)
        reach(FaultPoint.ARCHIVE_ADMITTED)
        deployment, superseded = await store.deployments.insert_pending(
            id_,
            project.id,
            actor.user.id,
            settings.queue_max,
            single,
            origin=archive_origin(upload.filename, upload.fields.get("folder", "")),
        )
    except Repeated as repeated:
        await pipeline.forget_archive(id_)
        return await made_before(store, repeated)
    except BaseException:
        await pipeline.forget_archive(id_)
        raise
    reach(FaultPoint.DEPLOYMENT_ACCEPTED)
    # At once: what is in the store and not in the queue would wait for the next look at the box.
    pipeline.submit(deployment, notes=upload.notes)
    for old in superseded:
        await pipeline.supersede(old)
    try:
        await store.deployments.record_phase(id_, "upload", upload.duration_ms)
    except Unavailable as error:
        _logger.warning("how long an upload took is lost: %s", error, extra={"id": id_})
    return deployment


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
    if to is not None:
        release = await get(store, actor, ref, to)
        if release.image_id is None or release.url is None:
            raise Conflict(
                f"Deployment {release.number} has no image that could run again",
                hint="The list of deployments shows which ones are kept.",
            )
    else:
        previous = await store.releases.previous(await get_running(store, project))
        if previous is None:
            raise NoPreviousDeployment(
                "There is no earlier version to go back to",
                hint="Only versions that ran once, and whose image is still kept, count.",
            )
        release = previous
    if env is EnvChoice.TODAY:
        return await repeat(store, pipeline, actor, release, Source.ROLLBACK, single=single)
    if release.env_digest is None:
        raise Conflict(
            f"The variables of deployment {release.number} are not kept",
            hint="Go back to it with today's variables, then set what differs.",
        )
    return await repeat(
        store,
        pipeline,
        actor,
        release,
        Source.ROLLBACK,
        env_digest=release.env_digest,
        single=single,
    )


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


async def get(store: Store, actor: Actor, ref: str, deployment_id: str) -> Deployment:
    """A deployment of a project.

    Raises:
        NotFound: the project has none of that id.
    """
    project = await visible_project(store, actor, ref)
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
