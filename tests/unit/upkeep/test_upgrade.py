"""What an upgrade that was cut off needs."""

from pathlib import Path

import msgspec
import pytest

from sotabox.errors import Internal
from sotabox.store.folders import Folders
from sotabox.upkeep.upgrade import (
    Mend,
    Phase,
    Seen,
    Upgrade,
    is_database_changed,
    next_mend,
    read_upgrade,
    unreadable_steps,
    write_upgrade,
)

UPGRADE = Upgrade(
    phase=Phase.PREPARED,
    before="1.0",
    after="2.0",
    sha256_before="old",
    sha256_after="new",
    steps=("m001", "m002"),
    started_at="2026-03-01T00:00:00.000Z",
)


@pytest.mark.parametrize(
    ("phase", "sha256", "ready", "mend"),
    [
        (Phase.PREPARED, "old", True, Mend.CLEAR),
        (Phase.PREPARED, "old", False, Mend.CLEAR),
        (Phase.STOPPED, "old", True, Mend.CLEAR),
        (Phase.STOPPED, "old", False, Mend.START),
        (Phase.SWITCHED, "old", False, Mend.GO_BACK),
        (Phase.SWITCHED, "old", True, Mend.GO_BACK),
        (Phase.SWITCHED, "new", False, Mend.GO_BACK),
        (Phase.SWITCHED, "new", True, Mend.CONFIRM),
        (Phase.RETURNING, "new", True, Mend.GO_BACK),
        (Phase.RETURNING, "old", False, Mend.GO_BACK),
        (Phase.DONE, "new", False, Mend.NOTHING),
        (Phase.RETURNED, "old", False, Mend.NOTHING),
    ],
)
def test_upgrade_cut_off_anywhere_has_one_way_to_its_end(
    phase: Phase, sha256: str, ready: bool, mend: Mend
) -> None:
    """Whatever a kill leaves, it is known what to do: forward only where the new one is ready."""
    upgrade = msgspec.structs.replace(UPGRADE, phase=phase)
    assert next_mend(upgrade, Seen(sha256, ready)) is mend


def test_box_that_was_never_upgraded_needs_nothing() -> None:
    """No file, no work."""
    assert next_mend(None, Seen("old", ready=False)) is Mend.NOTHING


def test_database_comes_back_only_where_the_new_version_changed_it() -> None:
    """What was written meanwhile is kept as long as the version before can read it."""
    assert not is_database_changed(UPGRADE, ["m001", "m002"])
    assert is_database_changed(UPGRADE, ["m001", "m002", "m003"])


def test_steps_unknown_to_a_version_are_named() -> None:
    """A downgrade is refused for a reason that can be looked up."""
    assert unreadable_steps(["m001", "m003"], ["m001", "m002"]) == ["m003"]
    assert unreadable_steps(["m001"], ["m001", "m002"]) == []


def test_note_of_an_upgrade_is_read_as_it_was_written(tmp_path: Path) -> None:
    """The version after reads what the one before noted."""
    folders = Folders(tmp_path)
    assert read_upgrade(folders) is None
    write_upgrade(folders, UPGRADE)
    assert read_upgrade(folders) == UPGRADE


def test_note_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """Nothing is guessed where the disk lost it."""
    folders = Folders(tmp_path)
    write_upgrade(folders, UPGRADE)
    (tmp_path / "upgrade/state.json").write_text("{")
    with pytest.raises(Internal, match=r"state\.json"):
        read_upgrade(folders)
