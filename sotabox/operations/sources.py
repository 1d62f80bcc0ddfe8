"""Deployments of what lies elsewhere: an image in a registry, a commit in a Git repository."""

from collections.abc import Awaitable

import msgspec

from sotabox.errors import Detail, Invalid
from sotabox.model.deployment import Deployment
from sotabox.model.ids import new_deployment_id
from sotabox.model.origin import (
    GitOrigin,
    ImageOrigin,
    Origin,
    check_directory,
    check_git_url,
    check_ref,
    check_reference,
    check_token,
)
from sotabox.model.project import Project
from sotabox.operations.actor import Actor
from sotabox.operations.idempotency import made_before, once
from sotabox.pipeline.pipeline import Pipeline
from sotabox.settings import Settings
from sotabox.store.idempotency import Repeated
from sotabox.store.store import Store


async def deploy_image(
    store: Store,
    pipeline: Pipeline,
    settings: Settings,
    actor: Actor,
    project: Project,
    *,
    image: str,
    port: int | None,
    key: str | None = None,
) -> Deployment:
    """Queues the deployment of an image; `deployments.admit` has said that the project takes one.

    Raises:
        Invalid: it names no image, or one where nothing of ours may go.
        QueueFull, ProjectDeleting: nothing is left.
    """
    problems = {
        "image": check_reference(image),
        "port": None if port is None or 0 < port < 65536 else "a port is 1 to 65535",
    }
    _refuse(problems)
    await _allowed("image", pipeline.puller.check(image))
    origin = ImageOrigin(reference=image, port=port)
    return await _queue(store, pipeline, settings, actor, project, origin, key)


async def deploy_git(
    store: Store,
    pipeline: Pipeline,
    settings: Settings,
    actor: Actor,
    project: Project,
    *,
    url: str,
    ref: str | None,
    directory: str | None,
    token: str | None,
    key: str | None = None,
) -> Deployment:
    """Queues the deployment of a commit; as for an image.

    The token is kept sealed until the files are here, and then forgotten.
    """
    directory = directory.strip("/") if directory else None
    problems = {
        "git": check_git_url(url, insecure=settings.private_sources),
        "ref": None if ref is None else check_ref(ref),
        "directory": check_directory(directory) if directory else None,
        "token": None if token is None else check_token(token),
    }
    _refuse(problems)
    await _allowed("git", pipeline.fetcher.check(url))
    origin = GitOrigin(url=url, ref=ref, directory=directory or None)
    return await _queue(store, pipeline, settings, actor, project, origin, key, token)


async def _queue(
    store: Store,
    pipeline: Pipeline,
    settings: Settings,
    actor: Actor,
    project: Project,
    origin: Origin,
    key: str | None,
    token: str | None = None,
) -> Deployment:
    id_ = new_deployment_id()
    single = once(actor, key, "deploy", project.id, msgspec.json.encode(origin).decode())
    try:
        deployment, superseded = await store.deployments.insert_pending(
            id_,
            project.id,
            actor.user.id,
            settings.queue_max,
            single,
            origin=origin,
            sealed_token=None if token is None else store.git_tokens.seal(id_, token),
        )
    except Repeated as repeated:
        return await made_before(store, repeated)
    pipeline.submit(deployment)
    for old in superseded:
        await pipeline.supersede(old)
    return deployment


def _refuse(problems: dict[str, str | None]) -> None:
    details = [Detail(field, problem) for field, problem in problems.items() if problem]
    if details:
        text = "; ".join(f"{detail.field}: {detail.message}" for detail in details)
        raise Invalid(f"This can't be deployed: {text}", details=details)


async def _allowed(field: str, check: Awaitable[None]) -> None:
    try:
        await check
    except Invalid as error:
        raise Invalid(
            f"{field}: {error.message}", hint=error.hint, details=[Detail(field, error.message)]
        ) from error
