"""Backup and restore of real data directories: what is refused, what is kept, what a cut leaves."""

from pathlib import Path

import pytest

from sotabox.errors import Conflict, Invalid, NotFound
from sotabox.events import Bus
from sotabox.model.user import Role
from sotabox.store.folders import Folders
from sotabox.store.store import Store
from sotabox.upkeep.backup import make_backup
from sotabox.upkeep.restore import rehearse, restore


async def box_with(folder: Path, email: str) -> Folders:
    """A data directory with one user; its database is left as a kill leaves it, with its log."""
    store = await Store.open(folder, Bus())
    store.folders.instance_id()
    await store.users.insert(email, Role.ADMIN, None)
    await store.close()
    return store.folders


async def emails(folder: Path) -> list[str]:
    store = await Store.open(folder, Bus())
    try:
        return [user.email for user in await store.users.all()]
    finally:
        await store.close()


async def test_restored_directory_is_the_box(tmp_path: Path) -> None:
    """Users, key and id are those of the backup; nothing else is left in the directory."""
    folders = await box_with(tmp_path / "old", "ada@box.test")
    made = make_backup(folders, tmp_path, domain="box.test")
    target = tmp_path / "new"
    target.mkdir()
    assert restore(made.path, target).domain == "box.test"
    assert sorted(path.name for path in target.iterdir()) == ["instance-id", "key", "sotabox.db"]
    assert (target / "key").read_bytes() == folders.key.read_bytes()
    assert await emails(target) == ["ada@box.test"]


async def test_directory_that_holds_a_box_is_refused(tmp_path: Path) -> None:
    """A wrong --data-dir costs nobody their box."""
    made = make_backup(await box_with(tmp_path / "old", "ada@box.test"), tmp_path, domain="")
    await box_with(tmp_path / "other", "eve@box.test")
    with pytest.raises(Conflict, match="holds a box already"):
        restore(made.path, tmp_path / "other")
    assert await emails(tmp_path / "other") == ["eve@box.test"]


async def test_force_moves_the_box_aside_whole(tmp_path: Path) -> None:
    """The box that was there can be had again; its router is stopped just before, not sooner."""
    made = make_backup(await box_with(tmp_path / "old", "ada@box.test"), tmp_path, domain="")
    target = tmp_path / "other"
    await box_with(target, "eve@box.test")
    stopped: list[bool] = []
    restore(made.path, target, force=True, stop_router=lambda: stopped.append(True))
    assert stopped == [True]
    assert await emails(target) == ["ada@box.test"]
    (aside,) = target.glob("replaced-*")
    assert await emails(aside) == ["eve@box.test"]


async def test_bad_backup_changes_nothing(tmp_path: Path) -> None:
    """Cut off, or not there: the box of before goes on, even with --force."""
    made = make_backup(await box_with(tmp_path / "old", "ada@box.test"), tmp_path, domain="")
    target = tmp_path / "other"
    await box_with(target, "eve@box.test")
    made.path.write_bytes(made.path.read_bytes()[:50_000])
    for file, error in ((made.path, Invalid), (tmp_path / "none", NotFound)):
        with pytest.raises(error):
            restore(file, target, force=True, stop_router=lambda: pytest.fail("it was stopped"))
    assert await emails(target) == ["eve@box.test"]
    assert not (target / "restoring").exists()


async def test_restore_goes_on_after_one_that_was_killed(tmp_path: Path) -> None:
    """Killed while moving in: some parts are there, the database isn't, so there is no box yet."""
    made = make_backup(await box_with(tmp_path / "old", "ada@box.test"), tmp_path, domain="")
    target = tmp_path / "new"
    (target / "archives").mkdir(parents=True)
    (target / "restoring").mkdir()
    (target / "key").write_text("of the attempt before")
    (target / "sotabox.db-wal").write_bytes(b"of a database that is gone")
    restore(made.path, target)
    assert await emails(target) == ["ada@box.test"]


async def test_rehearsal_finds_what_would_fail(tmp_path: Path) -> None:
    """The same checks as a restore, and nothing of it is left."""
    folders = await box_with(tmp_path / "old", "ada@box.test")
    made = make_backup(folders, tmp_path, domain="", passphrase="open sesame")
    assert rehearse(made.path, folders, passphrase="open sesame") > 0
    with pytest.raises(Invalid, match="passphrase"):
        rehearse(made.path, folders, passphrase="open barley")
    assert [path.name for path in folders.scratch.iterdir()] == ["lock"]


async def test_second_backup_at_the_same_time_is_refused(tmp_path: Path) -> None:
    """One clears away what the other needs: so there is only one."""
    folders = await box_with(tmp_path / "old", "ada@box.test")

    def meddle() -> None:
        with pytest.raises(Conflict, match="Another backup"):
            make_backup(folders, tmp_path / "second", domain="")

    make_backup(folders, tmp_path / "first", domain="", pulse=meddle)
    assert not (tmp_path / "second").exists()
