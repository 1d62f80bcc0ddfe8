"""`/v1/projects/{project}/deploy`, `…/redeploy`, `…/rollback` and `…/deployments`."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from sotabox.api.body import read_json
from sotabox.api.envelope import many, one
from sotabox.api.pagination import read_page
from sotabox.api.schemas import DeploymentOut, RollbackIn
from sotabox.operations import deployments
from sotabox.operations.actor import Actor, visible_project
from sotabox.web.box import Box
from sotabox.web.upload import receive_archive


@post("/projects/{project:str}/deploy")
async def deploy(
    request: Request[Any, Any, Any],
    project: FromPath[str],
    box: NamedDependency[Box],
    actor: NamedDependency[Actor],
) -> Response[bytes]:
    """Takes an archive in; its build and start go on after the answer."""
    store, settings = box.store, box.settings
    target = await deployments.prepare_upload(store, box.pipeline, settings, actor, project)
    upload = await receive_archive(request, store.folders.uploads, settings.upload_max_bytes)
    try:
        deployment = await deployments.deploy(
            store, box.pipeline, settings, actor, target, upload, _key(request)
        )
    finally:
        upload.path.unlink(missing_ok=True)  # where it was accepted, it has moved on
    return one(DeploymentOut.of(deployment), 202)


@post("/projects/{project:str}/redeploy")
async def redeploy(
    request: Request[Any, Any, Any],
    project: FromPath[str],
    box: NamedDependency[Box],
    actor: NamedDependency[Actor],
) -> Response[bytes]:
    """The current release again, with today's variables."""
    deployment = await deployments.redeploy(box.store, box.pipeline, actor, project, _key(request))
    return one(DeploymentOut.of(deployment))


@post("/projects/{project:str}/rollback")
async def rollback(
    request: Request[Any, Any, Any],
    project: FromPath[str],
    box: NamedDependency[Box],
    actor: NamedDependency[Actor],
) -> Response[bytes]:
    """An older release again: the previous one, or the one that the body names."""
    body = await read_json(request, RollbackIn)
    deployment = await deployments.rollback(
        box.store, box.pipeline, actor, project, body.deployment_id, body.env, _key(request)
    )
    return one(DeploymentOut.of(deployment))


@get("/projects/{project:str}/deployments")
async def list_deployments(
    project: FromPath[str],
    box: NamedDependency[Box],
    actor: NamedDependency[Actor],
    limit: FromQuery[str | None] = None,
    cursor: FromQuery[str | None] = None,
) -> Response[bytes]:
    """A project's deployments, newest first."""
    owner = await visible_project(box.store, actor, project)
    page = read_page(f"deployments:{owner.id}", limit, cursor)
    found = await deployments.page(box.store, actor, owner.id, page.number(), page.probe)
    shown = found[: page.limit]
    next_cursor = page.cursor(len(found), str(shown[-1].number)) if shown else None
    return many([DeploymentOut.of(deployment) for deployment in shown], next_cursor)


@get("/projects/{project:str}/deployments/{deployment:str}")
async def get_deployment(
    project: FromPath[str],
    deployment: FromPath[str],
    box: NamedDependency[Box],
    actor: NamedDependency[Actor],
) -> Response[bytes]:
    """One deployment."""
    return one(DeploymentOut.of(await deployments.get(box.store, actor, project, deployment)))


@post("/projects/{project:str}/deployments/{deployment:str}/cancel")
async def cancel(
    project: FromPath[str],
    deployment: FromPath[str],
    box: NamedDependency[Box],
    actor: NamedDependency[Actor],
) -> Response[bytes]:
    """Ends a deployment that is not settled yet; the version that serves stays."""
    return one(
        DeploymentOut.of(
            await deployments.cancel(box.store, box.pipeline, actor, project, deployment)
        )
    )


def _key(request: Request[Any, Any, Any]) -> str | None:
    return request.headers.get("idempotency-key")


ROUTES = [deploy, redeploy, rollback, list_deployments, get_deployment, cancel]
