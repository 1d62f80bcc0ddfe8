"""`/v1/projects/{project}/pause`, `…/resume` and `…/restart`."""

from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from sotabox.api.contract import contract, one_of
from sotabox.api.envelope import one
from sotabox.api.schemas import DeploymentOut, ProjectOut
from sotabox.errors import Conflict, EngineUnavailable, NothingRunning, ProjectDeleting
from sotabox.operations import deployments, running
from sotabox.operations.actor import Actor
from sotabox.web.box import Box


@post(
    "/projects/{project:str}/pause",
    opt=contract(one_of(ProjectOut), errors=(NothingRunning, EngineUnavailable)),
)
async def pause(
    project: FromPath[str], box: NamedDependency[Box], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """Stops the app; its visitors see a page that says so."""
    paused = await running.pause(box.store, box.pipeline, actor, project)
    latest = await deployments.latest(box.store, [paused])
    return one(ProjectOut.of(paused, latest.get(paused.id)))


@post(
    "/projects/{project:str}/resume",
    opt=contract(
        one_of(DeploymentOut), errors=(Conflict, NothingRunning, ProjectDeleting, EngineUnavailable)
    ),
)
async def resume(
    project: FromPath[str], box: NamedDependency[Box], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """Starts a paused app again, by a deployment of its last release."""
    return one(DeploymentOut.of(await running.resume(box.store, box.pipeline, actor, project)))


@post(
    "/projects/{project:str}/restart",
    opt=contract(
        one_of(DeploymentOut), errors=(NothingRunning, ProjectDeleting, EngineUnavailable)
    ),
)
async def restart(
    project: FromPath[str], box: NamedDependency[Box], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """The running version in a new container, by a deployment; no request is lost."""
    return one(DeploymentOut.of(await running.restart(box.store, box.pipeline, actor, project)))


ROUTES = [pause, resume, restart]
