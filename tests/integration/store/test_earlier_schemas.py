"""Boxes of earlier versions: their databases, stored with rows in every table, come to today's schema.

`tests/golden/schemas/*.sql` are dumps of databases as they were after the step in their name;
`steps.json` has a digest of each step that was ever committed, which `make docs` only adds to.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from sotabox.events import Bus
from sotabox.store.migrations import migrate
from sotabox.store.store import Store
from tests.reference import SCHEMAS, render_steps, stored_steps

#: Columns of deployments that a later step made others of: see `test_migrations.py`.
MOVED = {"container_id", "address"}
DUMPS = sorted(SCHEMAS.glob("*.sql"))


@pytest.fixture(params=DUMPS, ids=[dump.stem for dump in DUMPS])
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """The database of an earlier version, as `sotabox.db` in the test's folder; open."""
    with closing(sqlite3.connect(tmp_path / "sotabox.db")) as connection:
        connection.executescript(request.param.read_text(encoding="utf-8"))
        yield connection


def tables(connection: sqlite3.Connection) -> list[str]:
    """The tables that hold what a box knows."""
    found = connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '%sqlite%' ORDER BY 1"
    )
    return [row[0] for row in found]


def columns(connection: sqlite3.Connection, table: str) -> list[str]:
    return [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]


def kept_columns(connection: sqlite3.Connection, table: str) -> list[str]:
    """Those of today as well."""
    moved = MOVED if table == "deployments" else set()
    return [name for name in columns(connection, table) if name not in moved]


def rows(connection: sqlite3.Connection, table: str, names: list[str]) -> list[tuple[object, ...]]:
    return connection.execute(f"SELECT {', '.join(names)} FROM {table} ORDER BY 1, 2").fetchall()


def schema(connection: sqlite3.Connection) -> dict[str, object]:
    """What a database defines: columns by table, and the text of indexes and triggers."""
    others = "SELECT name, sql FROM sqlite_master WHERE type <> 'table' AND sql IS NOT NULL"
    described: dict[str, object] = {
        table: sorted(row[1:] for row in connection.execute(f"PRAGMA table_info({table})"))
        for table in tables(connection)
    }
    return described | dict(connection.execute(others).fetchall())


def test_rows_of_an_earlier_version_are_all_there(old: sqlite3.Connection, tmp_path: Path) -> None:
    """Each table keeps each row and each value, and all that points to something finds it."""
    before = {
        table: (names := kept_columns(old, table), rows(old, table, names)) for table in tables(old)
    }
    assert all(found for _, found in before.values())
    migrate(tmp_path / "sotabox.db")
    for table, (names, found) in before.items():
        assert rows(old, table, names) == found, table
    assert old.execute("PRAGMA foreign_key_check").fetchall() == []
    assert old.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_earlier_schema_becomes_that_of_a_fresh_box(
    old: sqlite3.Connection, tmp_path: Path
) -> None:
    """Whoever upgrades has the same tables, indexes and triggers as who begins today."""
    migrate(tmp_path / "sotabox.db")
    migrate(tmp_path / "fresh.db")
    with closing(sqlite3.connect(tmp_path / "fresh.db")) as fresh:
        assert schema(old) == schema(fresh)


async def test_store_reads_what_an_earlier_version_wrote(
    old: sqlite3.Connection, tmp_path: Path
) -> None:
    """Today's code understands the rows of then, values with their defaults among them."""
    old.close()
    store = await Store.open(tmp_path, Bus())
    try:
        project = await store.projects.find("shop")
        assert project is not None
        found = await store.deployments.page(project.id, None, 10)
        assert [deployment.number for deployment in found] == [4, 3, 2, 1]
        running = await store.deployments.running(project.id)
        assert running is not None
        assert running.phases == {"build": 1200, "health": 300}
        assert (await store.project_settings.of(project.id)).memory_mb == 256
    finally:
        await store.close()


def test_committed_step_is_never_changed() -> None:
    """A step that some box has taken is history: what it missed is another step. `make docs` adds."""
    todays, stored = render_steps(), stored_steps()
    assert {name: todays.get(name) for name in stored} == stored
    assert list(todays) == list(stored), "make docs notes new steps"
