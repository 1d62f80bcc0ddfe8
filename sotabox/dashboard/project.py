"""`/projects/{project}`: one app, how it is, and how to change it."""

from dataclasses import dataclass
from typing import ClassVar, Final

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from sotabox.dashboard import story
from sotabox.dashboard.templates import Crumb, Page
from sotabox.dashboard.trouble import NO_TROUBLE, Trouble
from sotabox.dashboard.visit import Me
from sotabox.errors import BadRequest, Conflict, Forbidden, NothingRunning
from sotabox.model.deployment import Deployment, Status
from sotabox.model.project import Project
from sotabox.operations import deployments, env_vars
from sotabox.operations.actor import changeable_project, visible_project
from sotabox.operations.deployments import Latest
from sotabox.web.numbers import read_number

PAGE: Final = 20
_RECENT: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What stands on top of every page of a project."""

    project: Project
    url: str
    latest: Latest | None
    may_change: bool
    upload_max_mb: int

    @property
    def href(self) -> str:
        return f"/projects/{self.project.slug}"

    @property
    def status(self) -> Status | None:
        return self.latest.status if self.latest else None

    def require_change(self) -> None:
        """Stops whoever may only look, from what only looking would give away.

        Raises:
            Forbidden: so it is.
        """
        if not self.may_change:
            raise Forbidden("You may look at this project, but not at this part of it")

    @property
    def running(self) -> Deployment | None:
        """The deployment that serves; None while none does."""
        return self.latest.running if self.latest else None


@dataclass(frozen=True, slots=True)
class Pending:
    """Variables that changed since the running release was started; `keys` where they are known."""

    at: str
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A deployment in a list."""

    deployment: Deployment
    origin: str
    by: str
    took_ms: int
    can_return: bool  # it is kept, ran once, and does not run now


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What was typed of a source that is no archive; `opened` names its form, empty for none."""

    opened: str = ""
    git: str = ""
    ref: str = ""
    directory: str = ""
    image: str = ""
    port: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OverviewPage(Page):
    """How an app is."""

    template: ClassVar[str] = "pages/overview.html"

    head: Head
    tab: str = "overview"
    shown: Deployment | None  # the one that serves, else the newest
    headline: str
    took_ms: int
    up: int  # how many of its containers run
    plan: str
    entries: tuple[Entry, ...]
    pending: Pending | None
    box_url: str
    source: Source
    trouble: Trouble = NO_TROUBLE


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentsPage(Page):
    """What was deployed, newest first; `older` is where the next page begins, 0 for no more."""

    template: ClassVar[str] = "pages/deployments.html"

    head: Head
    tab: str = "deployments"
    entries: tuple[Entry, ...]
    older: int


_NO_SOURCE: Final = Source()


async def head_of(me: Me, ref: str) -> Head:
    """The head of a project's pages; raises NotFound where the actor sees none."""
    try:
        project, may_change = await changeable_project(me.box.store, me.actor, ref), True
    except Forbidden:
        project, may_change = await visible_project(me.box.store, me.actor, ref), False
    latest = await deployments.latest(me.box.store, [project])
    return Head(
        project=project,
        url=me.box.url_of_app(project.slug),
        latest=latest.get(project.id),
        may_change=may_change,
        upload_max_mb=me.box.settings.upload_max_bytes // 1_000_000,
    )


def crumbs_of(head: Head, *more: Crumb) -> tuple[Crumb, ...]:
    """The way to a page of a project."""
    return (Crumb(name=head.project.name, href=head.href), *more)


def live_of(head: Head) -> str:
    """Where the news of a project come from."""
    return f"/events?project={head.project.slug}"


async def entries_of(me: Me, head: Head, found: list[Deployment]) -> tuple[Entry, ...]:
    """Deployments as a list shows them."""
    emails = {user.id: user.email for user in await me.box.store.users.all()}
    numbers = await me.box.store.deployments.numbers(
        [d.source_deployment_id for d in found if d.source_deployment_id]
    )
    return tuple(
        Entry(
            deployment=deployment,
            origin=story.origin(deployment, numbers),
            by=emails.get(deployment.created_by or "", ""),
            took_ms=story.total_ms(deployment.phases),
            can_return=can_return(deployment) and head.may_change,
        )
        for deployment in found
    )


async def pending_of(me: Me, head: Head) -> Pending | None:
    """What the running release does not know, for whom it concerns; None where it knows all."""
    store = me.box.store
    at = await env_vars.pending_since(store, head.project) if head.may_change else None
    if at is None:
        return None
    try:
        _, found = await env_vars.unknown_to_running(store, me.actor, head.project.id)
    except Conflict:  # it is older than the box's memory of variables
        return Pending(at, ())
    except NothingRunning:  # it ended meanwhile
        return None
    keys = sorted((*found.added, *found.changed, *found.removed))
    return Pending(at, tuple(keys)) if keys else None


def can_return(deployment: Deployment) -> bool:
    """Whether one can go back to it."""
    kept = deployment.image_id is not None and deployment.url is not None
    return kept and deployment.status is not Status.RUNNING


@get("/projects/{project:str}")
async def show_overview(project: FromPath[str], me: NamedDependency[Me]) -> Response[bytes]:
    """How an app is."""
    return await overview(me, project)


async def overview(
    me: Me,
    ref: str,
    trouble: Trouble = NO_TROUBLE,
    status: int = 200,
    source: Source = _NO_SOURCE,
) -> Response[bytes]:
    """The overview of a project, with what went wrong in a form of it."""
    head = await head_of(me, ref)
    store = me.box.store
    recent = await deployments.page(store, me.actor, head.project.id, None, _RECENT)
    shown = (head.latest.running or head.latest.newest) if head.latest else None
    plan = story.plan_of(shown) if shown else None
    page = OverviewPage(
        title=head.project.name,
        head=head,
        shown=shown,
        headline=story.headline(shown) if shown else "",
        took_ms=story.total_ms(shown.phases) if shown else 0,
        up=me.box.pipeline.presence.up(shown) if shown else 0,
        plan=plan.headline if plan else "",
        entries=await entries_of(me, head, recent),
        pending=await pending_of(me, head),
        box_url=me.box.page(""),
        source=source,
        trouble=trouble,
    )
    return me.show(page, status=status, crumbs=crumbs_of(head), live=live_of(head))


@get("/projects/{project:str}/deployments")
async def show_deployments(project: FromPath[str], me: NamedDependency[Me]) -> Response[bytes]:
    """What was deployed, a page at a time."""
    head = await head_of(me, project)
    before = _number(me.request.query_params.get("before"))
    found = await deployments.page(me.box.store, me.actor, head.project.id, before, PAGE + 1)
    page = DeploymentsPage(
        title=f"Deployments of {head.project.name}",
        head=head,
        entries=await entries_of(me, head, found[:PAGE]),
        older=found[PAGE - 1].number if len(found) > PAGE else 0,
    )
    return me.show(page, crumbs=crumbs_of(head), live=live_of(head))


def _number(text: str | None) -> int | None:
    number = read_number(text)
    if number is None and text is not None:
        raise BadRequest("This page of the list does not exist")
    return number


ROUTES = [show_overview, show_deployments]
