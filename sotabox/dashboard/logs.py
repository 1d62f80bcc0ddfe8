"""Logs as text, and `/projects/{project}/logs`: what the app itself prints."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import ClassVar, Final
from urllib.parse import quote

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Stream

from sotabox.dashboard.log_lines import WINDOW, matches, render_line
from sotabox.dashboard.log_view import LogView
from sotabox.dashboard.project import Head, crumbs_of, head_of
from sotabox.dashboard.templates import Page
from sotabox.dashboard.visit import Me
from sotabox.model.deployment import Deployment
from sotabox.operations import deployments, runtime_logs
from sotabox.operations.app_lines import AppLine
from sotabox.operations.log_position import Seen
from sotabox.web.ansi import strip_escapes

_TEXT: Final = "text/plain"
_SEARCHED: Final = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class LogsPage(Page):
    """What the serving release printed; `deployment` is None where nothing serves."""

    template: ClassVar[str] = "pages/logs.html"

    head: Head
    tab: str = "logs"
    deployment: Deployment | None
    log: LogView | None


@get("/projects/{project:str}/logs")
async def show_logs(project: FromPath[str], me: NamedDependency[Me]) -> Response[bytes]:
    """The last lines of the app, or those with `q` among the last many."""
    head = await head_of(me, project)
    running = head.latest.running if head.latest else None
    query = me.request.query_params.get("q", "").strip()[:200]
    log = None
    live = ""
    if running is not None:
        seen = Seen()
        count = _SEARCHED if query else WINDOW
        lines = await runtime_logs.tail(me.box.pipeline, running, count, seen)
        log = _view(lines, query)
        for line in lines:
            seen.advance(line)
        last = f"{len(lines) - 1} {seen.id_after(lines[-1])}" if lines else ""
        live = f"{head.href}/logs/events?after={quote(last)}"
    page = LogsPage(title=f"Logs of {head.project.name}", head=head, deployment=running, log=log)
    return me.show(page, crumbs=crumbs_of(head), live="" if query else live)


@get("/projects/{project:str}/logs/text")
async def download_app_log(project: FromPath[str], me: NamedDependency[Me]) -> Stream:
    """All that is kept of what the serving release printed."""
    running = await runtime_logs.serving(me.box.store, me.actor, project)
    lines = runtime_logs.printed(me.box.pipeline, running, Seen())
    return Stream(_app_text(lines), media_type=_TEXT, headers=_attachment(f"{project}.log"))


@get("/projects/{project:str}/deployments/{deployment:str}/log")
async def download_log(
    project: FromPath[str], deployment: FromPath[str], me: NamedDependency[Me]
) -> Stream:
    """A deployment's log, whole."""
    found = await deployments.get(me.box.store, me.actor, project, deployment)
    name = f"{project}-{found.number}.log"
    return Stream(_text(me, found.id), media_type=_TEXT, headers=_attachment(name))


def _view(lines: list[AppLine], query: str) -> LogView:
    shown = [line for line in lines if matches(line.text, query)] if query else lines
    return LogView(
        lines=tuple(
            render_line(number, line.at, line.text, find=query) for number, line in enumerate(shown)
        ),
        earlier=0,
        last=len(shown) - 1,
        complete=not query,
        query=query,
        more_hits=False,
    )


async def _text(me: Me, deployment_id: str) -> AsyncIterator[bytes]:
    piece: list[str] = []
    for line in me.box.store.logs.read(deployment_id):
        piece.append(f"{line.at} {strip_escapes(line.text)}\n")
        if len(piece) == 1000:
            yield "".join(piece).encode()
            piece.clear()
            await asyncio.sleep(0)  # others have their turn
    yield "".join(piece).encode()


async def _app_text(lines: AsyncIterator[AppLine]) -> AsyncIterator[bytes]:
    async for line in lines:
        yield f"{line.at} {strip_escapes(line.text)}\n".encode()


def _attachment(name: str) -> dict[str, str]:
    safe = "".join(c for c in name if c.isalnum() or c in "-._")
    return {"content-disposition": f'attachment; filename="{safe}"', "cache-control": "no-store"}


ROUTES = [show_logs, download_app_log, download_log]
