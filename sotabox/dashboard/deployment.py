"""`/projects/{project}/deployments/{deployment}`: all about one deployment, and what to do with it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar, Final

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from sotabox.dashboard import story
from sotabox.dashboard.changes import Changes, Fact, changes_of, facts_of
from sotabox.dashboard.log_view import LogView, look
from sotabox.dashboard.project import Head, can_return, crumbs_of, head_of, live_of, overview
from sotabox.dashboard.story import Failure, Phase, PlanStory
from sotabox.dashboard.templates import Crumb, Page
from sotabox.dashboard.trouble import Trouble
from sotabox.dashboard.visit import Me
from sotabox.errors import Conflict, SotaboxError
from sotabox.model.deployment import SETTLED, Deployment
from sotabox.operations import deployments, differences, releases
from sotabox.operations.releases import EnvChoice

#: What served before is among these, or long ago.
_EARLIER_MAX: Final = 20


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
    has_own_variables: bool  # those with which it was started are kept
    facts: tuple[Fact, ...]
    changes: Changes | None  # None where nothing served before it
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
    before = await _before(me, head, found)
    changes = None
    if before is not None:
        found_changes = await differences.diff(me.box.store, me.actor, project, found.id, before.id)
        changes = changes_of(found_changes)
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
        has_own_variables=found.env_digest is not None,
        facts=await _facts(me, found, before),
        changes=changes,
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
        made = await releases.redeploy(me.box.store, me.box.pipeline, me.actor, project)
    except SotaboxError as error:
        return await overview(me, project, Trouble.of(error), error.status)
    return me.go(f"/projects/{project}/deployments/{made.id}")


@post("/projects/{project:str}/rollback")
async def roll_back(project: FromPath[str], me: NamedDependency[Me]) -> Response[bytes]:
    """Goes back to the release of a deployment, or to the previous one."""
    form = await me.form()
    to = form["to"] or None
    env = EnvChoice.RELEASE if form["env"] == EnvChoice.RELEASE else EnvChoice.TODAY
    try:
        made = await releases.rollback(me.box.store, me.box.pipeline, me.actor, project, to, env)
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


async def _before(me: Me, head: Head, deployment: Deployment) -> Deployment | None:
    """The deployment that served before this one, of the last few."""
    earlier = await deployments.page(
        me.box.store, me.actor, head.project.id, deployment.number, _EARLIER_MAX
    )
    return next((each for each in earlier if each.swap is not None), None)


async def _facts(me: Me, deployment: Deployment, before: Deployment | None) -> tuple[Fact, ...]:
    guards = await me.box.store.guards.all()
    guard = next((each for each in guards if each.deployment_id == deployment.id), None)
    numbers = await me.box.store.deployments.numbers([guard.previous_id] if guard else [])
    return facts_of(deployment, before, guard, numbers, datetime.now(UTC))


ROUTES = [show_deployment, redeploy, roll_back, cancel]
