"""`/projects/{project}/metrics`: what an app used and answered, as the box recorded it."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar, Final

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from sotabox.dashboard.charts import HEIGHT, WIDTH, Window
from sotabox.dashboard.graphs import COLUMNS, Chart, Row, charts_of, rows_of
from sotabox.dashboard.project import Head, crumbs_of, head_of, live_of
from sotabox.dashboard.templates import Page
from sotabox.dashboard.visit import Me
from sotabox.model.deployment import Deployment
from sotabox.model.sample import RINGS, Span
from sotabox.model.times import format_time, parse_time
from sotabox.operations import deployments, metrics

_MARKS_MAX: Final = 50
_SPANS: Final = {
    Span.HOUR: ("Last hour", "1 h ago"),
    Span.DAY: ("Last day", "24 h ago"),
    Span.WEEK: ("Last week", "7 days ago"),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """A span that can be looked at."""

    span: Span
    label: str


@dataclass(frozen=True, slots=True)
class Mark:
    """When a deployment went live, as a place on the axis of time."""

    x: float
    number: int


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the table with its moment as the store writes moments."""

    at: str
    row: Row


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricsPage(Page):
    """Charts of one span; none where nothing was recorded in it."""

    template: ClassVar[str] = "pages/metrics.html"

    head: Head
    tab: str = "metrics"
    span: Span
    spans: tuple[Choice, ...]
    since: str
    charts: tuple[Chart, ...]
    marks: tuple[Mark, ...]
    columns: tuple[str, ...] = COLUMNS
    lines: tuple[Line, ...]
    recorded_at: str  # the last figure's moment; empty for none
    stale: bool
    width: int = WIDTH
    height: int = HEIGHT


@get("/projects/{project:str}/metrics")
async def show_metrics(project: FromPath[str], me: NamedDependency[Me]) -> Response[bytes]:
    """The charts of the last hour, or of what `span` names."""
    head = await head_of(me, project)
    wanted = me.request.query_params.get("span", "")
    span = next((span for span in Span if span == wanted), Span.HOUR)
    ring, end = RINGS[span], int(time.time())
    window = Window(end - ring.kept_s, end, ring.step_s)
    samples = await metrics.series(me.box.store, me.actor, project, span)
    limits = await metrics.limits(me.box.store, me.box.settings, me.actor, project)
    recent = await deployments.page(me.box.store, me.actor, head.project.id, None, _MARKS_MAX)
    last = samples[-1].at if samples else 0
    page = MetricsPage(
        title=f"Metrics of {head.project.name}",
        head=head,
        span=span,
        spans=tuple(Choice(span, label) for span, (label, _) in _SPANS.items()),
        since=_SPANS[span][1],
        charts=charts_of(samples, window, limits) if samples else (),
        marks=tuple(_marks(recent, window)),
        lines=tuple(Line(_moment(row.at), row) for row in rows_of(samples, span)),
        recorded_at=_moment(min(last + ring.step_s, end)) if samples else "",
        stale=end - last > 3 * ring.step_s,
    )
    return me.show(page, crumbs=crumbs_of(head), live=live_of(head))


def _marks(found: list[Deployment], window: Window) -> list[Mark]:
    marks = []
    for deployment in found:
        if deployment.swap is None:
            continue
        at = parse_time(deployment.swap.started_at).timestamp()
        if window.has(at):
            marks.append(Mark(round(window.x(at), 1), deployment.number))
    return marks


def _moment(at: int) -> str:
    return format_time(datetime.fromtimestamp(at, UTC))


ROUTES = [show_metrics]
