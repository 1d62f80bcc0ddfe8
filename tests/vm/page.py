"""docs/servers.md: written by the runs, a table for each kind of server."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

PAGE: Final = Path(__file__).resolve().parents[2] / "docs" / "servers.md"
RECORD: Final = Path(__file__).with_name("record.json")
_HEAD: Final = """\
# Servers it was tried on

`./tests/run vm SUITE` makes a virtual machine as providers hand them out (a release of Debian, its own
Docker, systemd, {cores} cores, {memory_mb} MB), lives through the steps below on it, and writes this page.
While a step runs, somebody asks for the app all the time, each time on a new connection; one answer that
is missing or wrong fails it. The machine is emulated: everything takes some ten times longer than on a
real one.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """What a run on one kind of server showed; `rows` are what was done, and what was seen."""

    day: str
    version: str
    system: str
    rows: list[tuple[str, str]]


def read() -> dict[str, Table]:
    """The tables of earlier runs, by suite."""
    kept = json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.exists() else {}
    return {
        suite: Table(**{**table, "rows": [*map(tuple, table["rows"])]})
        for suite, table in kept.items()
    }


def publish(suite: str, table: Table, *, cores: int, memory_mb: int) -> None:
    """Keeps a table, and writes the page anew."""
    tables = {**read(), suite: table}
    kept = {name: asdict(tables[name]) for name in sorted(tables)}
    RECORD.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    PAGE.write_text(render(tables, cores=cores, memory_mb=memory_mb), encoding="utf-8")


def render(tables: dict[str, Table], *, cores: int, memory_mb: int) -> str:
    """The page."""
    text = _HEAD.format(cores=cores, memory_mb=memory_mb)
    for suite in sorted(tables):
        table = tables[suite]
        text += f"\n## {table.system}\n\n`./tests/run vm {suite}`: {table.day}, {table.version}\n\n"
        text += "| What is done | What was seen |\n|---|---|\n"
        text += "".join(f"| {done} | {seen} |\n" for done, seen in table.rows)
    return text
