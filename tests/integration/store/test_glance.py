"""What is remembered of a database: never longer than it is true, whoever changes it."""

import asyncio
import sqlite3
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sotabox.store import glance
from sotabox.store.database import Database

QUERY = "SELECT name FROM things WHERE name LIKE ? ORDER BY name DESC"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "test.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE things (name TEXT PRIMARY KEY) STRICT")
    connection.close()
    return path


@pytest.fixture
async def database(path: Path) -> AsyncIterator[Database]:
    database = await Database.open(path)
    yield database
    await database.close()


def made(row: sqlite3.Row) -> tuple[str]:
    return (row["name"],)


async def insert(database: Database, name: str) -> None:
    async with database.transaction() as transaction:
        await transaction.execute("INSERT INTO things VALUES (?)", (name,))


async def test_same_question_of_the_same_database_is_answered_by_the_same_object(
    database: Database,
) -> None:
    """What many requests ask for is read and made once."""
    await insert(database, "a")
    first = await database.recall(QUERY, ("%",), made)
    await asyncio.sleep(0)
    assert first == ("a",)
    assert await database.recall(QUERY, ("%",), made) is first
    assert await database.recall(QUERY, ("b%",), made) is None


async def test_own_write_is_seen_at_once(database: Database) -> None:
    """Whoever was told that a change is done finds it, also where there was nothing before."""
    for name in ("a", "b", "c"):
        await insert(database, name)
        assert await database.recall(QUERY, ("%",), made) == (name,)


async def test_write_of_another_process_is_seen_at_once(database: Database, path: Path) -> None:
    """What a command on the host has changed, this process does not remember otherwise."""
    await insert(database, "a")
    assert await database.recall(QUERY, ("%",), made) == ("a",)
    program = (
        "import sqlite3, sys; database = sqlite3.connect(sys.argv[1], isolation_level=None); "
        "database.execute(\"INSERT INTO things VALUES ('b')\"); database.close()"
    )
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", program, str(path))
    assert await child.wait() == 0
    assert await database.recall(QUERY, ("%",), made) == ("b",)


async def test_what_waits_behind_a_change_sees_it(database: Database, path: Path) -> None:
    """Of all that runs in one turn of the loop, only what was there before the look relies on it."""
    await insert(database, "a")
    seen: list[tuple[str] | None] = []

    async def look() -> None:
        seen.append(await database.recall(QUERY, ("%",), made))

    def change_then_look() -> None:
        connection = sqlite3.connect(path, isolation_level=None)
        connection.execute("INSERT INTO things VALUES ('b')")
        connection.close()
        tasks.append(loop.create_task(look()))

    loop = asyncio.get_running_loop()
    tasks = [loop.create_task(look()), loop.create_task(look())]
    loop.call_soon(change_then_look)
    while len(seen) < 3:
        await asyncio.sleep(0)
    await asyncio.gather(*tasks)
    assert seen == [("a",), ("a",), ("b",)]


async def test_memory_of_it_is_bounded(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ever new questions are answered, and do not fill the memory."""
    monkeypatch.setattr(glance, "_REMEMBERED_MAX", 3)
    await insert(database, "a")
    for number in range(10):
        assert await database.recall(QUERY, (f"%{number}",), made) is None
        assert len(database._glance._remembered) <= 3
    assert await database.recall(QUERY, ("%",), made) == ("a",)
