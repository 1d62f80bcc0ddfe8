"""Deployments of archives: what was uploaded is taken in, or nothing of it is left."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sotabox.errors import Unavailable
from sotabox.fault_points import FaultPoint, reach
from sotabox.model.deployment import Deployment
from sotabox.model.ids import new_deployment_id
from sotabox.model.origin import archive_origin
from sotabox.model.project import Project
from sotabox.operations.actor import Actor
from sotabox.operations.idempotency import digest_file, made_before, once
from sotabox.pipeline.pipeline import Pipeline
from sotabox.settings import Settings
from sotabox.store.idempotency import Repeated
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
