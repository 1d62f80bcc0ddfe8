"""A real database looked at by the doctor."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from sotabox.store.integrity import examine
from sotabox.store.migrations import SCHEMA, migrate


@pytest.fixture
def path(tmp_path: Path) -> Path:
    migrate(tmp_path / "sotabox.db")
    return tmp_path / "sotabox.db"


def test_database_of_today_is_well(path: Path) -> None:
    """A box that just started has nothing to mend."""
    found = examine(path)
    assert (found.damage, found.pending, found.newer) == (None, (), ())


def test_database_of_yesterday_has_steps_to_take(path: Path) -> None:
    """What an upgrade has still to do is named, and not done by looking."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DELETE FROM _sqlite_migrations WHERE name = ?", (last_step(path),))
    assert [len(examine(path).pending) for _ in range(2)] == [1, 1]


def test_database_of_tomorrow_is_left_alone(path: Path) -> None:
    """After a downgrade the doctor says so, instead of an error about some table."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "UPDATE _sqlite_migrations SET name = 'm999' WHERE name = ?", (last_step(path),)
        )
    assert examine(path).newer == ("m999",)


def test_damaged_database_is_known(path: Path) -> None:
    """A broken page is found before somebody needs what is on it."""
    content = bytearray(path.read_bytes())
    content[4096 : 4096 * 3] = b"\xff" * (4096 * 2)
    path.write_bytes(content)
    assert examine(path).damage
    path.write_bytes(b"no database at all" * 100)
    assert examine(path).damage


def last_step(path: Path) -> str:
    from sqlite_utils import Database

    with closing(sqlite3.connect(path)) as connection:
        return [step.name for step in SCHEMA.applied(Database(connection))][-1]
