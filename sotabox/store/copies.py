"""Copies of a database file: taken while it is in use, looked through before they are trusted.

`VACUUM INTO` is one read transaction: writers go on beside it. `Connection.backup` in steps is not
used: it begins anew with each write of another connection, and may never end.
"""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from sotabox.errors import Internal, SotaboxError
from sotabox.store.database import translate

_COUNTED: Final = ("users", "projects", "deployments", "env_vars", "domains")
_ARCHIVES_NEEDED: Final = """
    SELECT id FROM deployments WHERE image_id IS NOT NULL OR status NOT IN ('stopped', 'failed')
    ORDER BY id"""
_APPLIED: Final = "SELECT name FROM _sqlite_migrations WHERE migration_set = 'sotabox' ORDER BY id"


def copy_database(source: Path, target: Path) -> None:
    """Writes a consistent copy of a database, which others may write to meanwhile, to a new file.

    Raises:
        DiskFull, Unavailable: the copy could not be written.
    """
    with _connected(source) as connection:
        connection.execute("VACUUM INTO ?", (str(target),))


def check_copy(path: Path) -> None:
    """Reads a copy through.

    Raises:
        Internal: it is damaged.
    """
    try:
        with _connected(path) as connection:
            (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.DatabaseError as error:
        raise Internal(f"The copied database can't be read: {error}") from error
    if found != "ok":
        raise Internal(f"The copied database is damaged: {found}")


def count_rows(path: Path) -> dict[str, int]:
    """How many rows the tables of a copy have that a person would miss."""
    with _connected(path) as connection:
        return {
            table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in _COUNTED
        }


def archives_needed(path: Path) -> list[str]:
    """The deployments of a copy that may have to be built again, of their archives."""
    with _connected(path) as connection:
        return [row[0] for row in connection.execute(_ARCHIVES_NEEDED)]


@contextmanager
def _connected(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path, isolation_level=None, timeout=5)) as connection:
        try:
            yield connection
        except sqlite3.OperationalError as error:
            raise translate(error) from error


def close_for_moving(path: Path) -> None:
    """Leaves a database that nobody uses as one file: what its log holds is in it.

    A log left beside another database would be written into that.
    """
    with _connected(path) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")


def put_back(copy: Path, path: Path) -> None:
    """Puts a copy in the place of a database that nobody uses; the copy stays. May be repeated."""
    fresh = path.with_name(f"{path.name}.fresh")
    shutil.copyfile(copy, fresh)
    with fresh.open("rb") as file:
        os.fsync(file.fileno())
    fresh.chmod(0o600)
    try:
        close_for_moving(path)
    except (sqlite3.DatabaseError, SotaboxError):  # it is damaged: its log is lost with it
        for log in ("-wal", "-shm"):
            path.with_name(f"{path.name}{log}").unlink(missing_ok=True)
    fresh.replace(path)
    os.sync()


def applied_steps(path: Path) -> tuple[str, ...]:
    """The steps of the schema that a database has taken, also those that we don't know.

    Raises:
        Internal: it can't be read.
    """
    try:
        with _connected(path) as connection:
            rows = connection.execute(_APPLIED).fetchall()
    except sqlite3.DatabaseError as error:
        raise Internal(f"The database can't be read: {error}") from error
    return tuple(row[0] for row in rows)
