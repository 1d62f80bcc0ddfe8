"""`POST /projects/{project}/deploy/git`, `…/image`, and `/example`: deployments without an archive."""

from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from sotabox.dashboard.forms import Form
from sotabox.dashboard.project import Source, overview
from sotabox.dashboard.trouble import Trouble
from sotabox.dashboard.visit import Me
from sotabox.errors import SotaboxError
from sotabox.model.deployment import Deployment
from sotabox.operations import deployments, example, sources


@post("/projects/{project:str}/deploy/git")
async def deploy_git(project: FromPath[str], me: NamedDependency[Me]) -> Response[bytes]:
    """Fetches a commit and shows its deployment."""
    form = await me.form()
    try:
        made = await _git(me, project, form)
    except SotaboxError as error:
        # The token does not come back: a page is no place for it.
        source = Source(opened="git", git=form["git"], ref=form["ref"], directory=form["directory"])
        return await overview(me, project, Trouble.of(error), error.status, source)
    return me.go(f"/projects/{project}/deployments/{made.id}")


@post("/projects/{project:str}/deploy/image")
async def deploy_image(project: FromPath[str], me: NamedDependency[Me]) -> Response[bytes]:
    """Pulls an image and shows its deployment."""
    form = await me.form()
    try:
        made = await _image(me, project, form)
    except SotaboxError as error:
        source = Source(opened="image", image=form["image"], port=form["port"])
        return await overview(me, project, Trouble.of(error), error.status, source)
    return me.go(f"/projects/{project}/deployments/{made.id}")


@post("/example")
async def deploy_example(me: NamedDependency[Me]) -> Response[bytes]:
    """Makes a project with the bundled example in it, and shows its deployment."""
    await me.form()
    box = me.box
    project, made = await example.deploy(box.store, box.pipeline, box.settings, me.actor)
    return me.go(f"/projects/{project.slug}/deployments/{made.id}")


async def _git(me: Me, ref: str, form: Form) -> Deployment:
    box = me.box
    target = await deployments.admit(box.store, box.pipeline, box.settings, me.actor, ref)
    return await sources.deploy_git(
        box.store,
        box.pipeline,
        box.settings,
        me.actor,
        target,
        url=form["git"].strip(),
        ref=form["ref"].strip() or None,
        directory=form["directory"].strip() or None,
        token=form["token"].strip() or None,
    )


async def _image(me: Me, ref: str, form: Form) -> Deployment:
    box = me.box
    target = await deployments.admit(box.store, box.pipeline, box.settings, me.actor, ref)
    port = form["port"].strip()
    if port and not (port.isascii() and port.isdigit() and len(port) < 6):
        raise Trouble.in_field("port", "a port is 1 to 65535")
    return await sources.deploy_image(
        box.store,
        box.pipeline,
        box.settings,
        me.actor,
        target,
        image=form["image"].strip(),
        port=int(port) if port else None,
    )


ROUTES = [deploy_git, deploy_image, deploy_example]
