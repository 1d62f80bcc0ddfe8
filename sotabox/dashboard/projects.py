"""`/` and `/new`: every project in a row, and the way to the next one."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from litestar import Response, get, post
from litestar.di import NamedDependency

from sotabox.dashboard import story, words
from sotabox.dashboard.charts import SPARK_HEIGHT, SPARK_WIDTH, Window, spark
from sotabox.dashboard.graphs import cores
from sotabox.dashboard.templates import Crumb, Page
from sotabox.dashboard.trouble import NO_TROUBLE, Trouble
from sotabox.dashboard.visit import Me
from sotabox.errors import SotaboxError
from sotabox.model.project import Project
from sotabox.model.sample import GLANCE_S, GLANCE_STEP_S, Glance
from sotabox.operations import deployments, metrics, projects
from sotabox.operations.deployments import Latest

_PROJECTS_MAX: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A project in the list."""

    project: Project
    url: str
    latest: Latest | None
    by: str
    took_ms: int
    usage: "Usage | None"


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What an app used in the last hour, as small lines, and at last, in words."""

    cpu: str
    cpu_path: str
    memory: str
    memory_path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectsPage(Page):
    """All projects that somebody sees."""

    template: ClassVar[str] = "pages/projects.html"

    title: str = "Projects"
    rows: tuple[Row, ...]
    total: int
    query: str
    box_url: str
    may_change: bool
    width: int = SPARK_WIDTH
    height: int = SPARK_HEIGHT


@dataclass(frozen=True, slots=True, kw_only=True)
class NewProjectPage(Page):
    """The form of a new project."""

    template: ClassVar[str] = "pages/new.html"

    title: str = "New project"
    name: str = ""
    slug: str = ""
    trouble: Trouble = NO_TROUBLE


@get("/")
async def show_projects(me: NamedDependency[Me]) -> Response[bytes]:
    """The projects, the last deployed first; with `q`, those whose name or slug holds it."""
    store = me.box.store
    found = await projects.page(store, me.actor, "", _PROJECTS_MAX)
    query = me.request.query_params.get("q", "").strip()
    needle = query.casefold()
    shown = [p for p in found if needle in p.name.casefold() or needle in p.slug]
    latest = await deployments.latest(store, shown)
    emails = {user.id: user.email for user in await store.users.all()}
    usages = _usages(await metrics.glances(store, shown))
    rows = [
        _row(me, project, latest.get(project.id), emails, usages.get(project.id))
        for project in shown
    ]
    rows.sort(key=_last_change, reverse=True)
    page = ProjectsPage(
        rows=tuple(rows),
        total=len(found),
        query=query,
        box_url=me.box.page(""),
        may_change=me.may_change,
    )
    return me.show(page, live="/events")


@get("/new")
async def show_new(me: NamedDependency[Me]) -> Response[bytes]:
    """The form of a new project."""
    return me.show(NewProjectPage(), crumbs=(Crumb(name="New project", href="/new"),))


@post("/new")
async def create(me: NamedDependency[Me]) -> Response[bytes]:
    """Makes a project, and shows it."""
    form = await me.form()
    name, slug = form["name"], form["slug"].strip()
    try:
        project = await projects.create(me.box.store, me.box.pipeline, me.actor, name, slug or None)
    except SotaboxError as error:
        page = NewProjectPage(name=name[:200], slug=slug[:100], trouble=Trouble.of(error))
        return me.show(page, status=error.status)
    return me.go(f"/projects/{project.slug}")


def _usages(found: Mapping[str, Sequence[Glance]]) -> dict[str, Usage]:
    end = int(time.time())
    window = Window(end - GLANCE_S, end, GLANCE_STEP_S)
    return {
        project_id: Usage(
            cpu=cores(glances[-1].cpu_cores),
            cpu_path=spark([(each.at, each.cpu_cores) for each in glances], window),
            memory=words.size(glances[-1].memory_bytes),
            memory_path=spark([(each.at, each.memory_bytes) for each in glances], window),
        )
        for project_id, glances in found.items()
    }


def _row(
    me: Me,
    project: Project,
    latest: Latest | None,
    emails: dict[str, str],
    usage: Usage | None,
) -> Row:
    newest = latest.newest if latest else None
    return Row(
        project=project,
        url=me.box.url_of_app(project.slug),
        latest=latest,
        by=emails.get(newest.created_by or "", "") if newest else "",
        took_ms=story.total_ms(newest.phases) if newest else 0,
        usage=usage if latest and latest.running else None,
    )


def _last_change(row: Row) -> str:
    return row.latest.newest.created_at if row.latest else row.project.created_at


ROUTES = [show_projects, show_new, create]
