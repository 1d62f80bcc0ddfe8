"""`POST /projects/{project}/deploy`: an archive from a browser, packed there or chosen as it is."""

import asyncio
from pathlib import Path

from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from sotabox.builds import zipped
from sotabox.builds.archive import ArchiveLimits
from sotabox.dashboard.project import overview
from sotabox.dashboard.trouble import Trouble
from sotabox.dashboard.visit import Me
from sotabox.errors import SotaboxError
from sotabox.operations import archives, deployments
from sotabox.uninterrupted import uninterrupted
from sotabox.web.upload import receive_archive


@post("/projects/{project:str}/deploy")
async def deploy(project: FromPath[str], me: NamedDependency[Me]) -> Response[bytes]:
    """Takes an archive in and shows its deployment.

    The form's token comes first in the form, but is looked at when all of it is there: until then
    nothing was done but writing a file that goes again.
    """
    try:
        made = await _deploy(me, project)
    except SotaboxError as error:
        return await overview(me, project, Trouble.of(error), error.status)
    return me.go(f"/projects/{project}/deployments/{made}")


async def _deploy(me: Me, ref: str) -> str:
    store, settings, pipeline = me.box.store, me.box.settings, me.box.pipeline
    target = await deployments.admit(store, pipeline, settings, me.actor, ref)
    upload = await receive_archive(
        me.request, store.folders.uploads, settings.upload_max_bytes, fields=("csrf", "folder")
    )
    try:
        me.require_own(upload.fields.get("csrf", ""))
        if zipped.is_zip(upload.path):
            await _unzip(upload.path, pipeline.limits)
        made = await archives.deploy(store, pipeline, settings, me.actor, target, upload)
    finally:
        upload.path.unlink(missing_ok=True)  # where it was accepted, it has moved on
    return made.id


async def _unzip(path: Path, limits: ArchiveLimits) -> None:
    """Makes a `.tar.gz` of a `.zip`, in its place."""
    target = path.with_suffix(".tar")
    await uninterrupted(asyncio.to_thread(zipped.convert, path, target, limits))
    target.replace(path)


ROUTES = [deploy]
