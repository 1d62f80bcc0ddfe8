"""Reads in the event loop's own thread: what they found is remembered until the database changes."""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

T = TypeVar("T")

#: Enough for what the clients of a box ask again and again, and some 10 MB if all were long pages.
_REMEMBERED_MAX: Final = 128


class Glance:
    """A connection that reads, and never waits for anybody.

    A look at a few pages in memory takes some 10 µs, and the way to another thread and back ten times
    that. Even so most of it is that SQLite gives away the interpreter's lock, at each row: so whether
    anything has changed is asked once in a turn of the loop, for all requests that it answers.

    That is exact, whoever changes the database, in this process or another. `_forget_turn` enters the
    loop's queue before the look, so that all that runs on the strength of it was in the queue by then:
    of what happened later, no request can know. (What a turn itself writes elsewhere, without awaiting
    anything, it would not see: nobody here does.)
    """

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None, timeout=0)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA query_only = ON")
        self._version: int | None = None
        self._state = object()
        self._looked_in: asyncio.AbstractEventLoop | None = None
        self._remembered: dict[tuple[str, Sequence[Any]], Any] = {}

    def close(self) -> None:
        """Closes the connection."""
        self._connection.close()

    def rows(self, query: str, parameters: Any) -> list[sqlite3.Row]:
        """What a query finds now.

        Raises:
            sqlite3.OperationalError: another process holds the database.
        """
        return self._connection.execute(query, parameters).fetchall()

    def recall(
        self, query: str, parameters: tuple[Any, ...], make: Callable[[sqlite3.Row], T]
    ) -> T | None:
        """What `make` makes of the first row that a query finds; None where it finds none.

        It may be what it made before, if that would be the same: so it has to be immutable.

        Raises:
            sqlite3.OperationalError: as above.
        """
        self._look()
        key = (query, parameters)
        if key not in self._remembered:
            row = next(iter(self.rows(query, parameters)), None)
            if len(self._remembered) == _REMEMBERED_MAX:
                self._remembered.clear()
            self._remembered[key] = None if row is None else make(row)
        found: T | None = self._remembered[key]
        return found

    def state(self) -> object:
        """Stands for all that the database holds: the same object exactly as long as nothing changes.

        Raises:
            sqlite3.OperationalError: as above.
        """
        self._look()
        return self._state

    def _look(self) -> None:
        loop = asyncio.get_running_loop()
        if self._looked_in is loop:
            return
        loop.call_soon(self._forget_turn)
        (version,) = self._connection.execute("PRAGMA data_version").fetchone()
        if version != self._version:
            self._remembered.clear()
            self._version = version
            self._state = object()
        self._looked_in = loop

    def _forget_turn(self) -> None:
        self._looked_in = None
