"""`/projects/{project}/deployments/{deployment}`: all about one deployment, and what to do with it."""

from dataclasses import dataclass
from typing import ClassVar

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from sotabox.dashboard import story
from sotabox.dashboard.log_view import LogView, look
from sotabox.dashboard.project import Head, can_return, crumbs_of, head_of, live_of, overview
from sotabox.dashboard.story import Failure, Phase, PlanStory
from sotabox.dashboard.templates import Crumb, Page
from sotabox.dashboard.trouble import Trouble
from sotabox.dashboard.visit import Me
from sotabox.errors import Conflict, SotaboxError
from sotabox.model.deployment import SETTLED, Deployment
from sotabox.operations import deployments


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentPage(Page):
    """One deployment; `log` is None where only the rest is asked for."""

    template: ClassVar[str] = "pages/deployment.html"

    head: Head
    deployment: Deployment
    headline: str
    origin: str
    by: str
    phases: tuple[Phase, ...]
    total_ms: int
    plan: PlanStory | None
    failure: Failure | None
    serving: int  # the number of the one that serves meanwhile; 0 for none
    can_return: bool
    can_cancel: bool
    log: LogView | None


@get("/projects/{project:str}/deployments/{deployment:str}")
async def show_deployment(
    project: FromPath[str], deployment: FromPath[str], me: NamedDependency[Me]
) -> Response[bytes]:
    """One deployment, as it is now; the page then follows it."""
    head = await head_of(me, project)
    found = await deployments.get(me.box.store, me.actor, project, deployment)
    log = None if me.by_script_for_news else await look(me, found.id)
    running = head.latest.running if head.latest else None
    numbers = await me.box.store.deployments.numbers([found.source_deployment_id or ""])
    author = await me.box.store.users.find(found.created_by) if found.created_by else None
    page = DeploymentPage(
        title=f"Deployment {found.number} of {head.project.name}",
        head=head,
        deployment=found,
        headline=story.headline(found),
        origin=story.origin(found, numbers),
        by=author.email if author else "",
        phases=story.phases_of(found),
        total_ms=story.total_ms(found.phases),
        plan=story.plan_of(found),
        failure=story.failure_of(found),
        serving=running.number if running and running.id != found.id else 0,
        can_return=can_return(found) and head.may_change,
        can_cancel=found.status not in SETTLED and head.may_change,
        log=log,
    )
    here = f"{head.href}/deployments/{found.id}"
    crumbs = crumbs_of(head, Crumb(name=f"Deployment {found.number}", href=here))
    live = live_of(head)
    if log is not None and log.complete:
        live = f"{here}/events?after={log.last}"
    return me.show(page, crumbs=crumbs, live=live)


@post("/projects/{project:str}/redeploy")
async def redeploy(project: FromPath[str], me: NamedDependency[Me]) -> Response[bytes]:
    """Starts the current release again, with today's variables."""
    await me.form()
    try:
        made = await deployments.redeploy(me.box.store, me.box.pipeline, me.actor, project)
    except SotaboxError as error:
        return await overview(me, project, Trouble.of(error), error.status)
    return me.go(f"/projects/{project}/deployments/{made.id}")


@post("/projects/{project:str}/rollback")
async def roll_back(project: FromPath[str], me: NamedDependency[Me]) -> Response[bytes]:
    """Goes back to the release of a deployment, or to the previous one."""
    to = (await me.form())["to"] or None
    try:
        made = await deployments.rollback(me.box.store, me.box.pipeline, me.actor, project, to)
    except SotaboxError as error:
        return await overview(me, project, Trouble.of(error), error.status)
    return me.go(f"/projects/{project}/deployments/{made.id}")


@post("/projects/{project:str}/deployments/{deployment:str}/cancel")
async def cancel(
    project: FromPath[str], deployment: FromPath[str], me: NamedDependency[Me]
) -> Response[bytes]:
    """Ends a deployment that is under way."""
    await me.form()
    here = f"/projects/{project}/deployments/{deployment}"
    try:
        await deployments.cancel(me.box.store, me.box.pipeline, me.actor, project, deployment)
    except Conflict:
        return me.go(here, notice="settled")
    return me.go(here, notice="cancelled")


ROUTES = [show_deployment, redeploy, roll_back, cancel]
