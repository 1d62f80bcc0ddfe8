"""Variables: sealed at rest, opened only in their own row and under their own key."""

import sqlite3

import pytest

from sotabox.errors import Internal
from sotabox.events import Bus
from sotabox.model.project import Project
from sotabox.store.store import Store


def edit(store: Store, sql: str, *values: object) -> None:
    """Changes the database behind the store's back."""
    connection = sqlite3.connect(store.folders.database)
    with connection:
        connection.execute(sql, values)
    connection.close()


def sealed(store: Store, key: str) -> bytes:
    connection = sqlite3.connect(store.folders.database)
    (value,) = connection.execute("SELECT sealed FROM env_vars WHERE key = ?", (key,)).fetchone()
    connection.close()
    assert isinstance(value, bytes)
    return value


async def test_variable_is_read_as_it_was_set(store: Store, project: Project) -> None:
    """Any text: empty, long, many lines, beyond ASCII."""
    values = {"A": "", "B": "x" * 60_000, "C": "two\nlines\ttab", "D": "käse 🧀", "E": "'\"$`"}
    for key, value in values.items():
        await store.env_vars.upsert(project.id, key, value, 10)
    assert {v.key: v.value for v in await store.env_vars.of_project(project.id)} == values


async def test_value_is_nowhere_on_the_disk(store: Store, project: Project) -> None:
    """Neither the database nor its log holds a value in the clear."""
    await store.env_vars.upsert(project.id, "TOKEN", "plain-and-findable-9000", 10)
    files = [path for path in store.folders.root.rglob("*") if path.is_file()]
    assert any(path.name == "sotabox.db-wal" for path in files)
    assert not [path for path in files if b"findable" in path.read_bytes()]


async def test_same_value_is_sealed_differently_each_time(store: Store, project: Project) -> None:
    """The database does not tell that two secrets are equal."""
    await store.env_vars.upsert(project.id, "A", "same", 10)
    await store.env_vars.upsert(project.id, "B", "same", 10)
    assert sealed(store, "A")[4:] != sealed(store, "B")[4:]


async def test_value_moved_to_another_row_is_refused(store: Store, project: Project) -> None:
    """Who can write the database can't make one variable read as another."""
    await store.env_vars.upsert(project.id, "ADMIN_PASSWORD", "secret", 10)
    await store.env_vars.upsert(project.id, "GREETING", "hello", 10)
    edit(
        store,
        "UPDATE env_vars SET sealed = ? WHERE key = 'GREETING'",
        sealed(store, "ADMIN_PASSWORD"),
    )
    with pytest.raises(Internal, match="altered"):
        await store.env_vars.of_project(project.id)


async def test_row_moved_to_another_project_is_refused(
    store: Store, project: Project, other_project: Project
) -> None:
    """Nor read another project's variable as one's own."""
    await store.env_vars.upsert(project.id, "TOKEN", "secret", 10)
    edit(store, "UPDATE env_vars SET project_id = ?", other_project.id)
    with pytest.raises(Internal, match="altered"):
        await store.env_vars.of_project(other_project.id)


@pytest.mark.parametrize("place", [0, 3, 4, 15, 16, -1])
async def test_altered_value_is_refused(store: Store, project: Project, place: int) -> None:
    """One bit anywhere, key id, nonce, text or tag, is noticed."""
    await store.env_vars.upsert(project.id, "TOKEN", "secret", 10)
    altered = bytearray(sealed(store, "TOKEN"))
    altered[place] ^= 1
    edit(store, "UPDATE env_vars SET sealed = ?", bytes(altered))
    with pytest.raises(Internal):
        await store.env_vars.of_project(project.id)


@pytest.mark.parametrize("length", [0, 3, 4, 5, 15, 16, 20, 31])
async def test_truncated_value_is_refused(store: Store, project: Project, length: int) -> None:
    """A value that was cut off is an error of ours with words, not of a library."""
    await store.env_vars.upsert(project.id, "TOKEN", "secret", 10)
    edit(store, "UPDATE env_vars SET sealed = ?", sealed(store, "TOKEN")[:length])
    with pytest.raises(Internal):
        await store.env_vars.of_project(project.id)


async def test_other_key_is_told_apart_from_damage(store: Store, project: Project) -> None:
    """A database restored without its key says which file is missing."""
    await store.env_vars.upsert(project.id, "TOKEN", "secret", 10)
    await store.close()
    store.folders.key.write_text("00" * 32)
    restored = await Store.open(store.folders.root, Bus())
    try:
        with pytest.raises(Internal, match="another key") as caught:
            await restored.env_vars.of_project(project.id)
    finally:
        await restored.close()
    assert caught.value.hint is not None
    assert "key file" in caught.value.hint


async def test_setting_again_keeps_the_variable_and_replaces_the_value(
    store: Store, project: Project
) -> None:
    """Its id and birth stay."""
    first = await store.env_vars.upsert(project.id, "A", "1", 10)
    second = await store.env_vars.upsert(project.id, "A", "2", 10)
    assert first is not None
    assert second is not None
    assert (second.id, second.created_at, second.value) == (first.id, first.created_at, "2")
    assert await store.env_vars.of_project(project.id) == [second]


async def test_bound_counts_only_new_variables(store: Store, project: Project) -> None:
    """At the bound a new variable is refused, and a known one can still be changed."""
    await store.env_vars.upsert(project.id, "A", "1", 2)
    await store.env_vars.upsert(project.id, "B", "1", 2)
    assert await store.env_vars.upsert(project.id, "C", "1", 2) is None
    assert await store.env_vars.upsert(project.id, "B", "2", 2) is not None
    assert {v.key: v.value for v in await store.env_vars.of_project(project.id)} == {
        "A": "1",
        "B": "2",
    }


async def test_variable_is_deleted_once(
    store: Store, project: Project, other_project: Project
) -> None:
    """Only its own project can delete it, and the answer tells whether there was one."""
    await store.env_vars.upsert(project.id, "A", "1", 2)
    assert not await store.env_vars.delete(other_project.id, "A")
    assert await store.env_vars.delete(project.id, "A")
    assert not await store.env_vars.delete(project.id, "A")
