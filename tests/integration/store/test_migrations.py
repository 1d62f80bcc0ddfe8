"""The schema: from nothing, again, and from a newer version's."""

import multiprocessing
import sqlite3
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest
from sqlite_utils import Database

import sotabox.store.migrations
from sotabox.errors import Internal
from sotabox.events import Bus
from sotabox.model.replica import Replica
from sotabox.model.user import Role
from sotabox.store.migrations import SCHEMA, migrate
from sotabox.store.store import Store


def schema(path: Path) -> list[tuple[str, str]]:
    """Everything that a database defines, apart from SQLite's own."""
    connection = sqlite3.connect(path)
    try:
        return connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name"
        ).fetchall()
    finally:
        connection.close()


def test_first_start_makes_the_schema(tmp_path: Path) -> None:
    """A fresh box gets every table."""
    migrate(tmp_path / "sotabox.db")
    tables = {name for name, _ in schema(tmp_path / "sotabox.db")}
    assert {"users", "api_keys", "projects", "deployments", "env_vars"} <= tables
    assert {"sessions", "setup_links"} <= tables


def test_step_of_each_module_is_taken() -> None:
    """None is left out because it was not imported, and they are taken in the order of their names."""
    modules = sorted(
        path.stem for path in Path(sotabox.store.migrations.__path__[0]).glob("m[0-9]*.py")
    )
    assert [step.name for step in SCHEMA.pending(Database(memory=True))] == modules


def test_second_start_changes_nothing(tmp_path: Path) -> None:
    """Starting again neither repeats a step nor touches what is there."""
    path = tmp_path / "sotabox.db"
    migrate(path)
    before = path.read_bytes()
    migrate(path)
    assert path.read_bytes() == before


def _migrate_at_once(path: Path, everybody: Barrier) -> None:
    everybody.wait(30)
    migrate(path)


def test_processes_that_start_at_once_make_one_schema(tmp_path: Path) -> None:
    """`sotabox apikey create` beside the very first `sotabox serve` gives a key, not a trace."""
    path = tmp_path / "sotabox.db"
    processes = multiprocessing.get_context("spawn")
    everybody = processes.Barrier(3)
    started = [processes.Process(target=_migrate_at_once, args=(path, everybody)) for _ in range(3)]
    for process in started:
        process.start()
    for process in started:
        process.join(60)
    assert [process.exitcode for process in started] == [0, 0, 0]


async def test_rows_outlive_a_restart(tmp_path: Path) -> None:
    """What one process wrote, the next one reads: rows, and values sealed under the same key."""
    store = await Store.open(tmp_path, Bus())
    user = await store.users.insert("ada@box.test", Role.MEMBER, None)
    assert user is not None
    project = await store.projects.insert(user.id, "App", "app-1")
    assert project is not None
    await store.env_vars.upsert(project.id, "SECRET", "s3cret", 10)
    await store.close()

    store = await Store.open(tmp_path, Bus())
    assert await store.projects.find("app-1") == project
    assert [v.value for v in await store.env_vars.of_project(project.id)] == ["s3cret"]
    await store.close()


def test_newer_database_is_refused_with_what_to_do(tmp_path: Path) -> None:
    """After a downgrade nothing is guessed: the message names the step that this version lacks."""
    path = tmp_path / "sotabox.db"
    migrate(path)
    connection = sqlite3.connect(path)
    connection.execute(
        "INSERT INTO _sqlite_migrations (migration_set, name, applied_at)"
        " VALUES ('sotabox', 'm999_from_the_future', '')"
    )
    connection.commit()
    connection.close()
    before = path.read_bytes()
    with pytest.raises(Internal, match="m999_from_the_future") as caught:
        migrate(path)
    assert caught.value.hint is not None
    assert "newer version" in caught.value.hint
    assert path.read_bytes() == before


def test_step_that_fails_leaves_nothing(tmp_path: Path) -> None:
    """A step and its record are one transaction: a start that fails half way can be repeated."""
    path = tmp_path / "sotabox.db"
    connection = sqlite3.connect(path)
    # In the way of the step's last table.
    connection.execute("CREATE TABLE env_vars (other TEXT)")
    connection.commit()
    connection.close()
    with pytest.raises(sqlite3.OperationalError, match="env_vars"):
        migrate(path)
    assert "users" not in {name for name, _ in schema(path)}
    connection = sqlite3.connect(path)
    connection.execute("DROP TABLE env_vars")
    connection.commit()
    connection.close()
    migrate(path)
    assert "users" in {name for name, _ in schema(path)}


def test_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    """A damaged file is told by its path and what to restore, not by a trace."""
    path = tmp_path / "sotabox.db"
    path.write_bytes(b"no database at all, but long enough to be looked at by SQLite" * 50)
    with pytest.raises(Internal, match=r"sotabox\.db") as caught:
        migrate(path)
    assert caught.value.hint is not None
    assert "backup" in caught.value.hint


def test_row_without_its_owner_is_refused(tmp_path: Path) -> None:
    """Rows can't point to nothing."""
    path = tmp_path / "sotabox.db"
    migrate(path)
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA foreign_keys = ON")
    with pytest.raises(sqlite3.IntegrityError):
        connection.execute(
            "INSERT INTO projects (id, user_id, name, slug, created_at, updated_at)"
            " VALUES ('p', 'nobody', 'n', 's', '', '')"
        )
    connection.close()


async def test_container_of_before_is_the_only_replica(tmp_path: Path) -> None:
    """An upgraded box knows the containers that serve, and that others had none."""
    path = tmp_path / "sotabox.db"
    database = Database(path)
    SCHEMA.apply(database, stop_before="m019_replicas")
    database.execute(
        "INSERT INTO users (id, email, role, created_at) VALUES ('u', 'ada@box.test', 'admin', '')"
    )
    database.execute(
        "INSERT INTO projects (id, user_id, name, slug, created_at, updated_at)"
        " VALUES ('p', 'u', 'App', 'app-1', '', '')"
    )
    rows = [("serves", 1, "running", "c1", "10.9.0.2:8080"), ("waits", 2, "pending", None, None)]
    for row in rows:
        database.execute(
            "INSERT INTO deployments (id, project_id, number, status, source, container_id, address,"
            " phases, created_at, updated_at) VALUES (?, 'p', ?, ?, 'archive', ?, ?, '{}', '', '')",
            row,
        )
    database.conn.commit()
    database.close()
    store = await Store.open(tmp_path, Bus())
    found = {d.id: d.replicas for d in await store.deployments.unfinished()}
    assert found == {"serves": (Replica("c1", "10.9.0.2:8080"),), "waits": ()}
    await store.close()
