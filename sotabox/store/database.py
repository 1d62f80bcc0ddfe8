"""The SQLite database: one writer, a few readers, write-ahead log."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Final, TypeAlias, TypeVar

import aiosqlite

from sotabox.errors import DiskFull, Unavailable
from sotabox.store.glance import Glance
from sotabox.uninterrupted import uninterrupted

T = TypeVar("T")

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

    def __init__(
        self,
        writer: aiosqlite.Connection,
        readers: list[aiosqlite.Connection],
        glance: Glance,
    ) -> None:
        self._writer = writer
        self._write_turn = asyncio.Lock()
        self._readers = readers
        self._glance = glance
        self._free_readers: asyncio.Queue[aiosqlite.Connection] = asyncio.Queue()
        for reader in readers:
            self._free_readers.put_nowait(reader)

    @classmethod
    async def open(cls, path: Path) -> "Database":
        """Opens a database that `migrate` has brought up to date."""
        async with AsyncExitStack() as opened:
            writer = await _connect(path, opened)
            readers = [await _connect(path, opened) for _ in range(_READERS)]
            for reader in readers:
                await reader.execute("PRAGMA query_only = ON")
            glance = Glance(path)
            opened.pop_all()
        return cls(writer, readers, glance)

    async def close(self) -> None:
        """Closes all connections; what is under way is rolled back."""
        # One that can't be closed must not leave the others open: their threads keep the process.
        async with AsyncExitStack() as closing:
            for connection in (self._writer, *self._readers):
                closing.push_async_callback(connection.close)
            closing.callback(self._glance.close)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """A write transaction: committed at the end of the block, rolled back by any exception.

        A cancellation is one of these as long as the block runs. A commit that has begun goes to its
        end first, so that what was cancelled was rolled back, and what was committed is returned.
        The connection works one statement after the other: a rollback never overtakes one that was
        cancelled and still runs.

        Raises:
            DiskFull: nothing more can be written; nothing was.
        """
        async with self._write_turn:
            try:
                await self._writer.execute("BEGIN IMMEDIATE")
                yield Transaction(self._writer)
                await uninterrupted(self._writer.commit())
            except sqlite3.Error as error:
                await self._writer.rollback()
                raise translate(error) from error
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
            raise translate(error) from error
        finally:
            self._free_readers.put_nowait(reader)

    async def find(self, sql: str, parameters: Parameters = ()) -> sqlite3.Row | None:
        """As `one`, for a query that an index answers with a few rows: see `find_all`."""
        return next(iter(await self.find_all(sql, parameters)), None)

    async def find_all(self, sql: str, parameters: Parameters = ()) -> list[sqlite3.Row]:
        """As `all`, for a query that an index answers with a few rows.

        It runs in the caller's thread. What reads more, or may wait, asks `all`; so does this one
        itself when another process holds the database.
        """
        try:
            return self._glance.rows(sql, parameters)
        except sqlite3.OperationalError:
            return await self.all(sql, parameters)

    def state(self) -> object:
        """Stands for all that is stored: the same object exactly as long as nothing changes.

        Who remembers what follows from it need not ask for less: after any commit it is another.
        """
        try:
            return self._glance.state()
        except sqlite3.OperationalError:
            return object()

    async def recall(
        self, sql: str, parameters: tuple[Any, ...], make: Callable[[sqlite3.Row], T]
    ) -> T | None:
        """What `make` makes of the row that `find` finds, for what many requests ask for again.

        As long as nothing in the database has changed it is the same object: an immutable one.
        """
        try:
            return self._glance.recall(sql, parameters, make)
        except sqlite3.OperationalError:
            row = await self.one(sql, parameters)
            return None if row is None else make(row)


async def _connect(path: Path, opened: AsyncExitStack) -> aiosqlite.Connection:
    connection = await aiosqlite.connect(path, isolation_level=None)
    opened.push_async_callback(connection.close)
    connection.row_factory = sqlite3.Row
    await connection.executescript(_PRAGMAS)
    return connection


def translate(error: sqlite3.Error) -> Exception:
    """Ours for what the world does to a database; a broken rule of the schema stays what it is."""
    # What the module itself refuses has no code; what SQLite says has its kind in the low byte.
    kind = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if kind == sqlite3.SQLITE_FULL:
        return DiskFull(
            "The disk of this box is full: nothing was changed",
            hint="Free some space, for example with: docker image prune",
        )
    if kind in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return Unavailable("The database is busy: nothing was changed", hint="Try again.")
    if kind == sqlite3.SQLITE_IOERR:
        return Unavailable(
            "The disk of this box did not take a write of the database: nothing was changed",
            hint="On the box, see: dmesg | tail",
        )
    return error
