"""The bundled example as somebody's first deployment."""

import asyncio
import secrets
from pathlib import Path

from sotabox.builds import example
from sotabox.model.deployment import Deployment
from sotabox.model.project import Project
from sotabox.operations import archives, deployments, projects
from sotabox.operations.actor import Actor
from sotabox.operations.archives import Upload
from sotabox.pipeline.pipeline import Pipeline
from sotabox.settings import Settings
from sotabox.store.store import Store
from sotabox.uninterrupted import uninterrupted


async def deploy(
    store: Store, pipeline: Pipeline, settings: Settings, actor: Actor
) -> tuple[Project, Deployment]:
    """A project of the actor's own with the example in it; it goes the way of everybody's app.

    Raises:
        Forbidden, ProjectLimit: the actor may have no project, or no more.
        EngineUnavailable, DiskFull, QueueFull: it can't be built now; the project is there then.
    """
    project = await projects.create(store, pipeline, actor, example.NAME, None)
    await deployments.admit(store, pipeline, settings, actor, project.id)
    path = store.folders.uploads / f"{secrets.token_hex(8)}.upload"
    try:
        size_bytes = await uninterrupted(asyncio.to_thread(_write, path))
        upload = Upload(path, size_bytes, duration_ms=0)
        return project, await archives.deploy(store, pipeline, settings, actor, project, upload)
    finally:
        path.unlink(missing_ok=True)  # where it was accepted, it has moved on


def _write(path: Path) -> int:
    return path.write_bytes(example.pack(example.source()))
