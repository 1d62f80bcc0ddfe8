"""Space put by, and given up."""

from pathlib import Path

from sotabox.store.folders import Folders
from sotabox.upkeep.ballast import BALLAST_BYTES, drop_ballast, keep_ballast

PLENTY = 10_000_000_000


def test_ballast_takes_real_space_and_gives_it_back(tmp_path: Path) -> None:
    """A hole in a file would free nothing when it is needed."""
    folders = Folders(tmp_path)
    assert keep_ballast(folders, PLENTY, 1000)
    assert folders.ballast.stat().st_blocks * 512 >= BALLAST_BYTES
    assert keep_ballast(folders, 0, 1000)  # it is there, so there is nothing to do
    assert drop_ballast(folders)
    assert not drop_ballast(folders)
    assert list(tmp_path.iterdir()) == []


def test_disk_that_is_short_gives_none(tmp_path: Path) -> None:
    """Nothing is put by where it would be missed, nor where nobody wants a floor."""
    assert not keep_ballast(Folders(tmp_path), 2_000_000_000, 1000)
    assert not keep_ballast(Folders(tmp_path), PLENTY, 0)
