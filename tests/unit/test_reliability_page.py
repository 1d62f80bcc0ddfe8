"""docs/reliability.md shows faults that there are, and none that does harm."""

import re
from pathlib import Path

from tests.chaos.__main__ import all_faults
from tests.chaos.faults import Row
from tests.chaos.record import Record, read, together, write
from tests.chaos.table import render_row

PAGE = (Path(__file__).resolve().parents[2] / "docs/reliability.md").read_text(encoding="utf-8")
ROW = re.compile(
    r"^\| (?P<title>[^|]+) \| \d+ \| (?P<lost>[^|]+) \| [^|]+ \| (?P<left>[^|]+) \| `(?P<name>[^`]+)` \|",
    re.MULTILINE,
)


def test_each_fault_has_its_row() -> None:
    """What the chaos can do to a box has been done, and in which order it is told."""
    assert [row["name"] for row in ROW.finditer(PAGE)] == [fault.name for fault in all_faults()]


def test_no_fault_leaves_anything() -> None:
    """A row that says otherwise is a defect, to be mended before it is told."""
    assert {
        row["name"]: row["left"] for row in ROW.finditer(PAGE) if row["left"] != "nothing"
    } == {}


def test_no_fault_costs_a_request_but_by_its_nature() -> None:
    """Visitors lose nothing where Caddy and their app live on; elsewhere the reason is told."""
    lost = [row for row in ROW.finditer(PAGE) if not row["lost"].startswith(("0 of", "—"))]
    assert [row["name"] for row in lost if ": " not in row["lost"]] == []


def test_row_tells_what_was_left_and_lost() -> None:
    """A run that did harm says so in the page."""
    fault = all_faults()[-1]
    found = Record(recoveries_s=[1.0, 4.0, 2.0], requests=1200, failed=3, left=["a container"])
    cells = render_row(Row(fault, found)).split(" | ")
    assert cells[:5] == [f"| {fault.title}", "3", "3 of 1,200", "2.0 s, 4.0 s", "a container"]


def test_rounds_of_two_runs_add_up_where_the_version_is_the_same(tmp_path: Path) -> None:
    """Twenty rounds may be measured in two evenings, but not in two versions."""
    first = {"kill": Record("1", "m", "2026-01-01", 2, [1.0], 10, 1, {"reset": 1}, ["a file"])}
    write(first, tmp_path / "record.json")
    kept = read(tmp_path / "record.json")
    assert kept == first
    again = Record("1", "m", "2026-01-02", 1, [3.0, 4.0], 20, 2, {"reset": 1, "closed": 1}, [])
    assert together(kept, {"kill": again}) == {
        "kill": Record(
            "1", "m", "2026-01-02", 2, [1.0, 3.0, 4.0], 30, 3, {"reset": 2, "closed": 1}, ["a file"]
        )
    }
    for other in (Record("2", "m"), Record("1", "n")):
        assert together(kept, {"kill": other}) == {"kill": other}
