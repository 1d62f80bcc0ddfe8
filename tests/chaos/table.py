"""docs/reliability.md: written by the runs, row by row; what was not run now stays as it was."""

import re
from pathlib import Path
from statistics import median
from typing import Final

from tests.chaos.faults import Row

PAGE: Final = Path(__file__).resolve().parents[2] / "docs" / "reliability.md"
_HEAD: Final = """\
# What a box survives

`tests/chaos` breaks a real box, with a Docker engine of its own, under load, and writes this page.
Three apps have four visitors each all the time: GET and POST in turn, on kept and on fresh
connections, never tried twice. A fault strikes at a named moment (`sotabox/fault_points.py`), which
is not left to chance: the process ends itself there, or stands still while the trouble begins.

- **Failed requests** are those of the visitors from before the fault to the end of the recovery. Where
  some must fail by the fault's nature, the reason stands beside the count.
- **Recovered in** counts from the moment in which the fault is over (the process is started again, the
  engine is back, the disk has room) until *everything* is well: the box is ready, every app answers at its
  own address, each accepted deployment is at its end, and nothing is left behind. An old version that
  drains for up to {drain_s} s, and builds that begin anew, are part of it.
- **Load** is the machine's average over 15 minutes, at its highest. Where it exceeds the cores, others were at work as well,
  and everything took that many times longer.
- **Left behind** lists deployments without an end, containers, networks and images that belong to no
  row, rows whose container or image is gone, upstreams and routes that differ from the rows, files in
  progress, and whatever was acknowledged and is not there.

`./tests/run chaos --only NAME --rounds N` adds rounds to a row, and `--anew` begins it again; names may be
patterns, as in `'kill-*'`. The rounds are kept in `tests/chaos/record.json`; they add up where the version
and the machine are the same. The suite runs each kill once, without those of replicas.

| Fault | Rounds | Failed requests | Recovered in: median, most | Left behind | Name | Measured |
|---|---|---|---|---|---|---|
"""
_NAME: Final = re.compile(r"\| `([a-z-]+)` \|")


def write_page(rows: list[Row], order: list[str], drain_s: int) -> None:
    """Writes the rows that were measured into the page, in the order of all names."""
    kept = {}
    for line in PAGE.read_text().splitlines() if PAGE.exists() else []:
        if found := _NAME.search(line):
            kept[found[1]] = line
    kept |= {row.fault.name: render_row(row) for row in rows if row.rounds}
    lines = [kept[name] for name in order if name in kept]
    fresh = PAGE.with_suffix(".new")
    fresh.write_text(_HEAD.format(drain_s=drain_s) + "\n".join(lines) + "\n")
    fresh.replace(PAGE)


def render_row(row: Row) -> str:
    """A row of the table."""
    found = row.found
    failed = f"{found.failed:,} of {found.requests:,}" if row.fault.apps else "—"
    if found.failed and row.fault.loses:
        failed += f": {row.fault.loses}"
    left = "<br>".join(sorted(set(found.left))) or "nothing"
    cells = (
        row.fault.title,
        str(row.rounds),
        failed,
        f"{median(found.recoveries_s):.1f} s, {max(found.recoveries_s):.1f} s",
        left.replace("|", "/").replace("\n", " "),
        f"`{row.fault.name}`",
        f"{found.day}, {found.version}, {found.machine}, load {found.load:.0f}",
    )
    return f"| {' | '.join(cells)} |"
