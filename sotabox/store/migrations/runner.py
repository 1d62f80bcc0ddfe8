"""Brings a database to today's schema, by one process at a time."""

import sqlite3
from pathlib import Path

from sqlite_utils import Database

from sotabox.errors import Internal
from sotabox.store.hold import alone
from sotabox.store.migrations.series import SCHEMA


def migrate(path: Path) -> None:
    """Brings the database at `path` to today's schema, making it where there is none.

    Each step and its record are one transaction. Blocks; of several processes that begin at once one
    does the work, and the others find it done.

    Raises:
        Internal: the database was written by a newer sotabox, or is damaged.
        Unavailable: another process has been at it for a minute.
    """
    with alone(path.parent):
        _migrate(path)


def _migrate(path: Path) -> None:
    database = Database(path)
    try:
        _require_database(database, path)
        applied = {step.name for step in SCHEMA.applied(database)}
        known = {step.name for step in SCHEMA.pending(Database(memory=True))}
        if newer := sorted(applied - known):
            raise Internal(
                f"{path} was written by a newer sotabox (it has {', '.join(newer)})",
                hint="Start the newer version, or restore the backup made before the upgrade.",
            )
        SCHEMA.apply(database)
    finally:
        database.close()


def _require_database(database: Database, path: Path) -> None:
    try:
        database.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.DatabaseError as error:
        raise Internal(
            f"{path} can't be read as a database: {error}",
            hint="Restore it from a backup, together with the key file beside it.",
        ) from error
