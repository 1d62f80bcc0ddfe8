"""The database looked at from outside: whole, and of which schema. Changes nothing."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sqlite_utils import Database

from sotabox.store.migrations import SCHEMA


@dataclass(frozen=True, slots=True)
class Integrity:
    """What was found.

    Attributes:
        damage: what SQLite says is broken; None for nothing.
        pending: steps of the schema that the next start will take.
        newer: steps that only a newer sotabox knows.
    """

    damage: str | None
    pending: tuple[str, ...] = ()
    newer: tuple[str, ...] = ()


def examine(path: Path) -> Integrity:
    """Reads a database through; a control plane may use it meanwhile."""
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)) as connection:
            (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            if found != "ok":
                return Integrity(str(found))
            database = Database(connection)
            applied = {step.name for step in SCHEMA.applied(database)}
    except sqlite3.Error as error:
        return Integrity(str(error))
    known = known_steps()
    return Integrity(
        None,
        tuple(name for name in known if name not in applied),
        tuple(sorted(applied - set(known))),
    )


def known_steps() -> list[str]:
    """The steps of the schema that this version knows, in order."""
    return [step.name for step in SCHEMA.pending(Database(memory=True))]
