"""docs/performance.md and the record that it is made of: a run of a bench replaces that bench's last."""

import json
import os
import platform
from collections.abc import Mapping
from contextlib import closing
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Final

import docker

from tests.bench.table import Row

_DOCS: Final = Path(__file__).resolve().parents[2] / "docs"
PAGE: Final = _DOCS / "performance.md"
RECORD: Final = _DOCS / "performance.json"

_HEAD: Final = """\
# What a box costs, and how fast it is

Read the **ratios**: what is compared took turns in one run, so that whatever else the machine did hit
both. The first row of a table is its floor, the least that the same work takes without sotabox; where it
is not compared, no ratio is given. Absolute figures are those of the machine that is named, on that day;
where its load exceeds its cores, others were at work, and all took longer. Figures are medians, with the
least and the greatest of *n* values, and the 99th percentile where there are a hundred.

`tests/bench` measures on real parts (Docker, Caddy, SQLite) and writes this page; nobody else does.
`./tests/run bench --page` measures everything anew, with `--quick` in fewer rounds; with names, only what
is named.
"""
_NONE: Final = "No peer publishes a figure for this."
_MINIMUM: Final = (
    "Peers publish what a host must have at least, not what they take of it: "
    "Dokku 1 GB of memory (<https://dokku.com/docs/getting-started/installation/>); "
    "Coolify 2 cores, 2 GB and 10 GB of disk "
    "(<https://raw.githubusercontent.com/coollabsio/coolify-docs/main/content/docs/start-with-self-hosted.mdx>); "
    "CapRover warns of 512 MB (<https://caprover.com/docs/get-started.html>)."
)
#: Title of each bench's section and what peers publish, in the order of the page.
SECTIONS: Final[Mapping[str, tuple[str, str]]] = {
    "deploy": ("Deploy, redeploy, rollback", _NONE),
    "builds": ("Builds beside Dockerfiles by hand", _NONE),
    "footprint": ("Footprint", _MINIMUM),
    "api": ("API", _NONE),
    "pages": ("Pages of the dashboard", _NONE),
    "logs": ("Readers of one log", _NONE),
    "routes": ("Number of routes", _NONE),
    "ask": ("The question before a certificate", _NONE),
    "neighbour": ("An app beside a build", _NONE),
    "load": ("A full box under load", _NONE),
}


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run of a bench: what it found, where, and how to have it again."""

    command: str
    day: str
    machine: str
    load: float  # average of the last minute, when the bench ended
    docker: str
    rows: list[Row] = field(default_factory=list)


def run_of(command: str, rows: list[Row]) -> Run:
    """What was just found, on this machine."""
    with closing(docker.DockerClient(timeout=60)) as engine:
        version: str = engine.version()["Version"]
    return Run(
        command=command,
        day=datetime.now(UTC).date().isoformat(),
        machine=f"{os.cpu_count()} cores {platform.machine()}",
        load=round(os.getloadavg()[0], 1),
        docker=version,
        rows=rows,
    )


def read(path: Path = RECORD) -> dict[str, Run]:
    """The last run of each bench, by its name."""
    if not path.exists():
        return {}
    return {
        name: Run(**{**kept, "rows": [Row(**row) for row in kept["rows"]]})
        for name, kept in json.loads(path.read_text(encoding="utf-8")).items()
    }


def publish(name: str, run: Run) -> None:
    """Puts a run into the record, in place of that bench's last, and writes the page anew."""
    runs = read() | {name: run}
    kept = {bench: asdict(runs[bench]) for bench in SECTIONS if bench in runs}
    _replace(RECORD, json.dumps(kept, indent=1) + "\n")
    _replace(PAGE, render(runs))


def render(runs: Mapping[str, Run]) -> str:
    """The page of these runs; same runs, same bytes."""
    parts = [_HEAD]
    for name, (title, peers) in SECTIONS.items():
        if name in runs:
            parts.append(_section(title, peers, runs[name]))
    return "\n".join(parts)


def _section(title: str, peers: str, run: Run) -> str:
    lines = [
        f"## {title}",
        "",
        f"`{run.command}`: {run.day}, {run.machine}, load {run.load:.1f}, Docker {run.docker}. {peers}",
        "",
    ]
    for table, rows in groupby(run.rows, lambda row: row.table):
        lines += [
            f"**{_cell(table)}**",
            "",
            "| | Median | Range | p99 | n | Ratio |",
            "|---|---:|---:|---:|---:|---:|",
            *map(_line, rows),
            "",
        ]
    return "\n".join(lines)


def _line(row: Row) -> str:
    cells = (
        _cell(row.name),
        f"{_figure(row.median)} {row.unit}",
        f"{_figure(row.low)} to {_figure(row.high)}" if row.n > 1 else "",
        _figure(row.p99) if row.p99 is not None else "",
        f"{row.n:,}",
        f"{row.ratio:.2f}" if row.ratio is not None else "",
    )
    return f"| {' | '.join(cells)} |"


def _figure(value: float) -> str:
    """Three digits that count; more says more than was measured."""
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def _cell(text: str) -> str:
    return text.replace("|", "/")


def _replace(path: Path, text: str) -> None:
    fresh = path.with_suffix(".new")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)
