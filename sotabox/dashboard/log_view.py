"""What a page shows of a deployment's log: its end, a part of it, or what was looked for."""

import asyncio
from dataclasses import dataclass
from typing import Final

from sotabox.dashboard.log_lines import WINDOW, Line, matches, render_line
from sotabox.dashboard.visit import Me
from sotabox.store.log_pieces import LogLine
from sotabox.store.logs import Logs
from sotabox.web.numbers import read_number

_HITS_MAX: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class LogView:
    """Lines of a log.

    Attributes:
        earlier: the number before which more lines are; 0 for none.
        last: the number of the last line shown; -1 for none.
        complete: whether the log's end is shown, where new lines belong.
        query: what was looked for; the lines are the hits then.
    """

    lines: tuple[Line, ...]
    earlier: int
    last: int
    complete: bool
    query: str
    more_hits: bool


async def look(me: Me, deployment_id: str) -> LogView:
    """The part of a log that a request asks for, by `q`, `before` or neither."""
    query = me.request.query_params.get("q", "").strip()[:200]
    before = read_number(me.request.query_params.get("before"))
    logs = me.box.store.logs
    # A log may have 100 MB: reading it is work for a thread.
    if query:
        return await asyncio.to_thread(_search, logs, deployment_id, query)
    return await asyncio.to_thread(_window, logs, deployment_id, before)


def _window(logs: Logs, deployment_id: str, before: int | None) -> LogView:
    found = logs.window(deployment_id, before=before, limit=WINDOW)
    return LogView(
        lines=tuple(render_line(line.number, line.at, line.text) for line in found),
        earlier=found[0].number if found else 0,
        last=found[-1].number if found else -1,
        complete=before is None,
        query="",
        more_hits=False,
    )


def _search(logs: Logs, deployment_id: str, query: str) -> LogView:
    hits: list[LogLine] = []
    more = False
    for line in logs.read(deployment_id):
        if matches(line.text, query):
            more = len(hits) == _HITS_MAX
            if more:
                break
            hits.append(line)
    return LogView(
        lines=tuple(_hit(line, query) for line in hits),
        earlier=0,
        last=hits[-1].number if hits else -1,
        complete=False,
        query=query,
        more_hits=more,
    )


def _hit(line: LogLine, query: str) -> Line:
    # Leads to the line among its neighbours: half a window of them before, half after.
    href = f"?before={line.number + WINDOW // 2}#L{line.number + 1}"
    return render_line(line.number, line.at, line.text, find=query, href=href)
