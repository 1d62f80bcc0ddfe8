"""The SQLite database: one writer, a few readers, write-ahead log."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, TypeAlias

import aiosqlite

from sotabox.errors import DiskFull, Unavailable

Parameters: TypeAlias = Sequence[Any] | Mapping[str, Any]

_READERS: Final = 2
_PRAGMAS: Final = """
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
    PRAGMA foreign_keys = ON;
    PRAGMA busy_timeout = 5000;
    PRAGMA temp_store = MEMORY;
"""


class Transaction:
    """What may be done while holding the writer."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection

    async def execute(self, sql: str, parameters: Parameters = ()) -> int:
        """Runs one statement; gives the number of rows that it changed."""
        async with self._connection.execute(sql, parameters) as cursor:
            return cursor.rowcount

    async def one(self, sql: str, parameters: Parameters = ()) -> sqlite3.Row | None:
        """The first row of a query or of a `RETURNING`."""
        rows = await self._connection.execute_fetchall(sql, parameters)
        return next(iter(rows), None)

    async def only(self, sql: str, parameters: Parameters = ()) -> sqlite3.Row:
        """The row of a statement that always gives one.

        Raises:
            LookupError: it gave none.
        """
        row = await self.one(sql, parameters)
        if row is None:
            raise LookupError(sql)
        return row

    async def all(self, sql: str, parameters: Parameters = ()) -> list[sqlite3.Row]:
        """All rows of a query or of a `RETURNING`."""
        return list(await self._connection.execute_fetchall(sql, parameters))


class Database:
    """Connections to one database file; `Database.open` makes it."""

    def __init__(self, writer: aiosqlite.Connection, readers: list[aiosqlite.Connection]) -> None:
        self._writer = writer
        self._write_turn = asyncio.Lock()
        self._readers = readers
        self._free_readers: asyncio.Queue[aiosqlite.Connection] = asyncio.Queue()
        for reader in readers:
            self._free_readers.put_nowait(reader)

    @classmethod
    async def open(cls, path: Path) -> "Database":
        """Opens a database that `migrate` has brought up to date."""
        writer = await _connect(path)
        readers = [await _connect(path) for _ in range(_READERS)]
        for reader in readers:
            await reader.execute("PRAGMA query_only = ON")
        return cls(writer, readers)

    async def close(self) -> None:
        """Closes all connections; what is under way is rolled back."""
        for connection in (self._writer, *self._readers):
            await connection.close()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """A write transaction: committed at the end of the block, rolled back by any exception.

        Raises:
            DiskFull: nothing more can be written; nothing was.
        """
        async with self._write_turn:
            try:
                await self._writer.execute("BEGIN IMMEDIATE")
                yield Transaction(self._writer)
                await self._writer.commit()
            except sqlite3.Error as error:
                await self._writer.rollback()
                raise _translate(error) from error
            except BaseException:
                await self._writer.rollback()
                raise

    async def one(self, sql: str, parameters: Parameters = ()) -> sqlite3.Row | None:
        """The first row of a query."""
        return next(iter(await self.all(sql, parameters)), None)

    async def all(self, sql: str, parameters: Parameters = ()) -> list[sqlite3.Row]:
        """All rows of a query."""
        reader = await self._free_readers.get()
        try:
            rows: Iterable[sqlite3.Row] = await reader.execute_fetchall(sql, parameters)
            return list(rows)
        except sqlite3.OperationalError as error:
            raise _translate(error) from error
        finally:
            self._free_readers.put_nowait(reader)


async def _connect(path: Path) -> aiosqlite.Connection:
    connection = await aiosqlite.connect(path, isolation_level=None)
    connection.row_factory = sqlite3.Row
    await connection.executescript(_PRAGMAS)
    return connection


def _translate(error: sqlite3.Error) -> Exception:
    """Ours for what the world does to a database; a broken rule of the schema stays what it is."""
    if error.sqlite_errorname == "SQLITE_FULL":
        return DiskFull(
            "The disk of this box is full: nothing was changed",
            hint="Free some space, for example with: docker image prune",
        )
    if error.sqlite_errorname in {"SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_IOERR"}:
        return Unavailable("The database is busy: nothing was changed", hint="Try again.")
    return error
