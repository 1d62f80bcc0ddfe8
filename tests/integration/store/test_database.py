"""The writer and its readers: what a cancellation, a bad statement or a full disk leaves behind."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sotabox.errors import DiskFull, Unavailable
from sotabox.store.database import Database

SLOW = """
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000)
    INSERT INTO things SELECT 'slow' || i FROM n"""


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    path = tmp_path / "test.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE things (name TEXT PRIMARY KEY) STRICT")
    connection.close()
    database = await Database.open(path)
    yield database
    await database.close()


async def insert(database: Database, name: str) -> None:
    async with database.transaction() as transaction:
        await transaction.execute("INSERT INTO things VALUES (?)", (name,))


async def names(database: Database) -> list[str]:
    return [row["name"] for row in await database.all("SELECT name FROM things ORDER BY name")]


async def test_block_that_ends_is_committed(database: Database) -> None:
    """What a transaction wrote is there for readers at once."""
    await insert(database, "a")
    assert await names(database) == ["a"]


async def test_block_that_raises_is_rolled_back(database: Database) -> None:
    """Half of a transaction is never seen, and the writer is free for the next."""
    with pytest.raises(RuntimeError, match="half way"):
        async with database.transaction() as transaction:
            await transaction.execute("INSERT INTO things VALUES ('half')")
            raise RuntimeError("half way")
    await insert(database, "b")
    assert await names(database) == ["b"]


async def test_reader_sees_nothing_of_an_open_transaction(database: Database) -> None:
    """Readers neither wait for a writer nor see its unfinished work."""
    async with database.transaction() as transaction:
        await transaction.execute("INSERT INTO things VALUES ('a')")
        assert await names(database) == []
    assert await names(database) == ["a"]


async def test_reader_can_not_write(database: Database) -> None:
    """A statement that slips into a read changes nothing."""
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        await database.all("INSERT INTO things VALUES ('sneaky') RETURNING name")
    assert await names(database) == []


async def test_cancelled_statement_is_rolled_back_after_it_has_run(database: Database) -> None:
    """A statement goes on in its thread; its rollback comes after it, the next write after both."""
    started = asyncio.Event()

    async def write() -> None:
        async with database.transaction() as transaction:
            started.set()
            await transaction.execute(SLOW)

    task = asyncio.create_task(write())
    await started.wait()
    await asyncio.sleep(0)  # the statement is on its way to the thread
    task.cancel()
    await insert(database, "after")
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await names(database) == ["after"]


async def test_cancelled_twice_the_writer_is_free_again(database: Database) -> None:
    """A second cancellation hits the rollback itself; it is carried out all the same."""
    started = asyncio.Event()

    async def write() -> None:
        async with database.transaction() as transaction:
            started.set()
            await transaction.execute(SLOW)

    task = asyncio.create_task(write())
    await started.wait()
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await insert(database, "after")
    assert await names(database) == ["after"]


@pytest.mark.parametrize("steps", range(12))
async def test_cancelled_at_any_step_it_was_committed_or_raised(
    database: Database, steps: int
) -> None:
    """Wherever a cancellation hits: raised means undone, returned means done; never in between."""
    done = asyncio.Event()

    async def write() -> None:
        await insert(database, "it")
        done.set()  # no await between commit and here: it is reached if, and only if, committed

    task = asyncio.create_task(write())
    for _ in range(steps):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert await names(database) == (["it"] if done.is_set() else [])
    await insert(database, "next")


async def test_cancellation_during_a_commit_takes_effect_after_it(database: Database) -> None:
    """Held back, not lost: the next await raises it."""
    reached: list[str] = []

    async def write() -> None:
        async with database.transaction() as transaction:
            await transaction.execute("INSERT INTO things VALUES ('it')")
            task.cancel()  # hits the commit, the next await
        reached.append("returned")
        await asyncio.sleep(0)
        reached.append("went on")

    task = asyncio.create_task(write())
    with pytest.raises(asyncio.CancelledError):
        await task
    assert reached == ["returned"]
    assert await names(database) == ["it"]


async def test_timeout_during_a_commit_is_a_timeout(database: Database) -> None:
    """`asyncio.timeout` around a transaction still recognises its own cancellation."""
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(60) as limit:
            async with database.transaction() as transaction:
                await transaction.execute("INSERT INTO things VALUES ('it')")
                limit.reschedule(asyncio.get_running_loop().time() - 1)
                await asyncio.sleep(0)
            await asyncio.sleep(0)


async def test_storm_of_cancellations_leaves_the_writer_usable(database: Database) -> None:
    """Two hundred transactions, every second one cancelled somewhere: all others are there."""
    returned: set[str] = set()

    async def write(name: str) -> None:
        await insert(database, name)
        returned.add(name)

    tasks = [asyncio.create_task(write(f"{i:03}")) for i in range(200)]
    for i, task in enumerate(tasks):
        await asyncio.sleep(0)
        if i % 2:
            task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert set(await names(database)) == returned
    assert {f"{i:03}" for i in range(0, 200, 2)} <= returned


async def test_cancelled_readers_come_back(database: Database) -> None:
    """Reads that were cancelled don't use the readers up."""
    slow = """
        WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
        SELECT count(*) AS c FROM n"""
    tasks = [asyncio.create_task(database.all(slow)) for _ in range(20)]
    for _ in range(3):
        await asyncio.sleep(0)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    async with asyncio.timeout(10):
        assert await asyncio.gather(*(names(database) for _ in range(50))) == [[]] * 50


async def test_locked_database_is_busy_not_broken(database: Database, tmp_path: Path) -> None:
    """Another process that holds the lock (a backup by hand) gives an answer to try again."""
    async with database.transaction() as transaction:
        await transaction.execute("PRAGMA user_version = 1")
    await database._writer.execute("PRAGMA busy_timeout = 10")
    other = sqlite3.connect(tmp_path / "test.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable, match="busy"):
        await insert(database, "a")
    other.execute("ROLLBACK")
    other.close()
    await insert(database, "b")
    assert await names(database) == ["b"]


async def test_full_disk_is_named_and_nothing_is_written(database: Database) -> None:
    """SQLite's own bound on pages stands for a disk that is full."""
    await database._writer.execute("PRAGMA max_page_count = 5")
    with pytest.raises(DiskFull, match="nothing was changed"):
        async with database.transaction() as transaction:
            await transaction.execute(SLOW)
    await database._writer.execute("PRAGMA max_page_count = 100000")
    await insert(database, "after")
    assert await names(database) == ["after"]


async def test_mistake_of_ours_is_shown_as_it_is(database: Database) -> None:
    """A value that SQLite can't take is our fault; its own words reach the log."""
    with pytest.raises(sqlite3.ProgrammingError, match="type 'object' is not supported"):
        async with database.transaction() as transaction:
            await transaction.execute("INSERT INTO things VALUES (?)", (object(),))
    with pytest.raises(sqlite3.IntegrityError):
        await asyncio.gather(insert(database, "twice"), insert(database, "twice"))
    assert await names(database) == ["twice"]


async def test_file_that_is_no_database_leaves_no_thread(tmp_path: Path) -> None:
    """A start that fails ends: no thread of a half opened database keeps the process alive."""
    path = tmp_path / "noise.db"
    path.write_bytes(b"this is no database, and it is long enough to be recognised as none" * 99)
    before = threading.active_count()
    with pytest.raises(sqlite3.DatabaseError):
        await Database.open(path)
    for thread in threading.enumerate():
        if "_connection_worker_thread" in thread.name:
            await asyncio.to_thread(thread.join, 5)
    assert threading.active_count() <= before + 1  # one of `to_thread`


async def test_closed_database_holds_no_file(tmp_path: Path, database: Database) -> None:
    """After closing, no handle of the database stays open."""
    second = await Database.open(tmp_path / "test.db")
    await insert(second, "a")
    count = len(open_files(tmp_path))
    await second.close()
    assert len(open_files(tmp_path)) < count
    await database.close()
    assert open_files(tmp_path) == []


def open_files(folder: Path) -> list[str]:
    """What this process holds open below a folder."""
    found = []
    for handle in Path("/proc/self/fd").iterdir():
        try:
            target = str(handle.readlink())
        except FileNotFoundError:  # the listing's own
            continue
        if target.startswith(str(folder)):
            found.append(target)
    return found
