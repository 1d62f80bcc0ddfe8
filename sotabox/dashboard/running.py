"""`POST /projects/{project}/pause`, `…/resume`, `…/restart`: what needs no build."""

from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from sotabox.dashboard.project import overview
from sotabox.dashboard.trouble import Trouble
from sotabox.dashboard.visit import Me
from sotabox.errors import SotaboxError
from sotabox.operations import running


@post("/projects/{project:str}/pause")
async def pause(project: FromPath[str], me: NamedDependency[Me]) -> Response[bytes]:
    """Stops the app; its visitors see a page that says so."""
    await me.form()
    try:
        await running.pause(me.box.store, me.box.pipeline, me.actor, project)
    except SotaboxError as error:
        return await overview(me, project, Trouble.of(error), error.status)
    return me.go(f"/projects/{project}", notice="paused")


@post("/projects/{project:str}/resume")
async def resume(project: FromPath[str], me: NamedDependency[Me]) -> Response[bytes]:
    """Starts a paused app again."""
    await me.form()
    try:
        made = await running.resume(me.box.store, me.box.pipeline, me.actor, project)
    except SotaboxError as error:
        return await overview(me, project, Trouble.of(error), error.status)
    return me.go(f"/projects/{project}/deployments/{made.id}")


@post("/projects/{project:str}/restart")
async def restart(project: FromPath[str], me: NamedDependency[Me]) -> Response[bytes]:
    """Starts the running version in a new container."""
    await me.form()
    try:
        made = await running.restart(me.box.store, me.box.pipeline, me.actor, project)
    except SotaboxError as error:
        return await overview(me, project, Trouble.of(error), error.status)
    return me.go(f"/projects/{project}/deployments/{made.id}")


ROUTES = [pause, resume, restart]
