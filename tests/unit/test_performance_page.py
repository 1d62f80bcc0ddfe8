"""docs/performance.md is what the benches wrote, and nothing else."""

from tests.bench.page import PAGE, SECTIONS, Run, read, render
from tests.bench.table import Row, recording, show


def test_page_is_made_of_the_record() -> None:
    """No figure of the page was written by hand."""
    assert PAGE.read_text(encoding="utf-8") == render(read())


def test_each_bench_of_the_record_has_its_section() -> None:
    """What was measured is told, in a bench that there is."""
    assert read().keys() <= SECTIONS.keys()


def test_what_is_shown_is_recorded_with_its_ratio() -> None:
    """A row says how many times its floor it is, and has a percentile where there are enough values."""
    with recording() as rows:
        show("Swaps", [("floor", [2.0, 1.0, 3.0]), ("ours", [float(n) for n in range(1, 101)])])
        show("Memory", [("sotabox", [80.0])], "MB", compared=False)
    show("Nobody records", [("x", [1.0])])
    assert [(row.table, row.name, row.unit, row.n, row.ratio, row.p99) for row in rows] == [
        ("Swaps", "floor", "s", 3, 1.0, None),
        ("Swaps", "ours", "s", 100, 25.25, 100.0),
        ("Memory", "sotabox", "MB", 1, None, None),
    ]


def test_section_names_machine_command_and_peers() -> None:
    """Who doubts a figure finds where it was measured and how to have it again."""
    row = Row(
        table="A | B", name="ours", unit="ms", n=3, median=1234.5, low=0.25, high=2000, ratio=1.5
    )
    run = Run(
        command="./tests/run bench api --quick",
        day="2026-01-02",
        machine="2 cores x86_64",
        load=0.4,
        docker="27.1",
        rows=[row],
    )
    assert render({"api": run}).split("## API\n", 1)[1] == (
        "\n`./tests/run bench api --quick`: 2026-01-02, 2 cores x86_64, load 0.4, Docker 27.1. "
        "No peer publishes a figure for this.\n\n"
        "**A / B**\n\n"
        "| | Median | Range | p99 | n | Ratio |\n"
        "|---|---:|---:|---:|---:|---:|\n"
        "| ours | 1,234 ms | 0.25 to 2,000 |  | 3 | 1.50 |\n"
    )
