"""What a backup needs for a while is gone afterwards, however it ended."""

from pathlib import Path

from sotabox.store.folders import Folders
from sotabox.upkeep.scratch import clear_scratch, scratch_folder


def test_copy_that_a_killed_backup_left_goes_at_the_next_start(tmp_path: Path) -> None:
    """A database lies nowhere but in its place, even if no further backup is made."""
    folders = Folders.create(tmp_path)
    torso = folders.scratch / "work" / "sotabox.db"
    torso.parent.mkdir(parents=True)
    torso.write_text("rows")
    clear_scratch(folders)
    assert not torso.parent.exists()


def test_backup_at_work_keeps_its_copy_when_the_box_starts(tmp_path: Path) -> None:
    """The box may be restarted while somebody backs it up by hand."""
    folders = Folders.create(tmp_path)
    with scratch_folder(folders) as work:
        (work / "sotabox.db").write_text("rows")
        clear_scratch(folders)
        assert (work / "sotabox.db").exists()
