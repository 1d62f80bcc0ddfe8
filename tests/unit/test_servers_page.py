"""docs/servers.md is what the runs wrote, and nothing else."""

from tests.vm.page import PAGE, Table, read, render
from tests.vm.server import CORES, MEMORY_MB
from tests.vm.steps import STEPS


def test_page_is_what_the_record_says() -> None:
    """Nobody has touched the figures by hand."""
    assert PAGE.read_text(encoding="utf-8") == render(read(), cores=CORES, memory_mb=MEMORY_MB)


def test_each_run_lived_through_all_steps() -> None:
    """A step that is new has been tried on each kind of server that the page names."""
    promises = [(step.__doc__ or "").strip() for step in STEPS]
    assert read()
    for table in read().values():
        assert [done for done, _ in table.rows] == promises


def test_page_names_the_server_and_what_was_seen() -> None:
    """A reader finds their own kind of server, and the command that tries it."""
    table = Table(
        day="2026-01-02", version="1.0", system="Debian 9", rows=[("It runs.", "it does")]
    )
    text = render({"stretch": table}, cores=2, memory_mb=2048)
    assert "## Debian 9\n\n`./tests/run vm stretch`: 2026-01-02, 1.0\n" in text
    assert "| It runs. | it does |\n" in text
