"""`/v1/projects/{project}/deploy`, `…/redeploy`, `…/rollback` and `…/deployments`."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from sotabox.api.body import is_json, read_json
from sotabox.api.contract import FORM, JSON, contract, one_of, page_of
from sotabox.api.envelope import many, one
from sotabox.api.pagination import read_page
from sotabox.api.schemas import DeploymentOut, RollbackIn
from sotabox.api.source_schemas import DeployIn
from sotabox.errors import (
    ArchiveInvalid,
    Conflict,
    EngineUnavailable,
    IdempotencyKeyReused,
    Invalid,
    NoPreviousDeployment,
    NothingRunning,
    ProjectDeleting,
    QueueFull,
    UnknownApp,
)
from sotabox.model.project import Project
from sotabox.operations import archives, deployments, releases, sources
from sotabox.operations.actor import Actor, visible_project
from sotabox.web.box import Box
from sotabox.web.upload import receive_archive


@post(
    "/projects/{project:str}/deploy",
    opt=contract(
        one_of(DeploymentOut, 202),
        takes={FORM: bytes, JSON: DeployIn},
        errors=(
            ProjectDeleting,
            ArchiveInvalid,
            UnknownApp,
            IdempotencyKeyReused,
            QueueFull,
            EngineUnavailable,
        ),
        headers=("Idempotency-Key",),
    ),
)
async def deploy(
    request: Request[Any, Any, Any],
    project: FromPath[str],
    box: NamedDependency[Box],
    actor: NamedDependency[Actor],
) -> Response[bytes]:
    """Takes an archive in, or JSON that names an image or a Git repository.

    Build and start go on after the answer.
    """
    store, settings = box.store, box.settings
    target = await deployments.admit(store, box.pipeline, settings, actor, project)
    if is_json(request):
        return await _deploy_from(request, box, actor, target)
    upload = await receive_archive(request, store.folders.uploads, settings.upload_max_bytes)
    try:
        deployment = await archives.deploy(
            store, box.pipeline, settings, actor, target, upload, _key(request)
        )
    finally:
        upload.path.unlink(missing_ok=True)  # where it was accepted, it has moved on
    return one(DeploymentOut.of(deployment), 202)


async def _deploy_from(
    request: Request[Any, Any, Any], box: Box, actor: Actor, project: Project
) -> Response[bytes]:
    body = await read_json(request, DeployIn)
    key = _key(request)
    parts = box.store, box.pipeline, box.settings, actor, project
    if body.image is not None and (body.git or body.ref or body.directory or body.token) is None:
        made = await sources.deploy_image(*parts, image=body.image, port=body.port, key=key)
    elif body.git is not None and (body.image, body.port) == (None, None):
        made = await sources.deploy_git(
            *parts,
            url=body.git,
            ref=body.ref,
            directory=body.directory,
            token=body.token,
            key=key,
        )
    else:
        raise Invalid(
            "Say what to deploy: either an image, or a Git repository",
            hint='Such as {"image": "NAME:TAG"} or {"git": "https://…", "ref": "main"}; '
            "or upload an archive as multipart/form-data.",
        )
    return one(DeploymentOut.of(made), 202)


@post(
    "/projects/{project:str}/redeploy",
    opt=contract(
        one_of(DeploymentOut),
        errors=(NothingRunning, ProjectDeleting, IdempotencyKeyReused, EngineUnavailable),
        headers=("Idempotency-Key",),
    ),
)
async def redeploy(
    request: Request[Any, Any, Any],
    project: FromPath[str],
    box: NamedDependency[Box],
    actor: NamedDependency[Actor],
) -> Response[bytes]:
    """The current release again, with today's variables."""
    deployment = await releases.redeploy(box.store, box.pipeline, actor, project, _key(request))
    return one(DeploymentOut.of(deployment))


@post(
    "/projects/{project:str}/rollback",
    opt=contract(
        one_of(DeploymentOut),
        takes=RollbackIn,
        errors=(
            NothingRunning,
            NoPreviousDeployment,
            Conflict,
            ProjectDeleting,
            IdempotencyKeyReused,
            EngineUnavailable,
        ),
        headers=("Idempotency-Key",),
    ),
)
async def rollback(
    request: Request[Any, Any, Any],
    project: FromPath[str],
    box: NamedDependency[Box],
    actor: NamedDependency[Actor],
) -> Response[bytes]:
    """An older release again: the previous one, or the one that the body names."""
    body = await read_json(request, RollbackIn)
    deployment = await releases.rollback(
        box.store, box.pipeline, actor, project, body.deployment_id, body.env, _key(request)
    )
    return one(DeploymentOut.of(deployment))


@get(
    "/projects/{project:str}/deployments",
    opt=contract(page_of(DeploymentOut), from_store_alone=True),
)
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
    found = await box.store.deployments.page(owner.id, page.number(), page.probe)
    shown = found[: page.limit]
    next_cursor = page.cursor(len(found), str(shown[-1].number)) if shown else None
    return many([DeploymentOut.of(deployment) for deployment in shown], next_cursor)


@get(
    "/projects/{project:str}/deployments/{deployment:str}",
    opt=contract(one_of(DeploymentOut), from_store_alone=True),
)
async def get_deployment(
    project: FromPath[str],
    deployment: FromPath[str],
    box: NamedDependency[Box],
    actor: NamedDependency[Actor],
) -> Response[bytes]:
    """One deployment."""
    return one(DeploymentOut.of(await deployments.get(box.store, actor, project, deployment)))


@post(
    "/projects/{project:str}/deployments/{deployment:str}/cancel",
    opt=contract(one_of(DeploymentOut), errors=(Conflict,)),
)
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
