"""Files that are not code, found in a checkout and in a packed copy."""

from pathlib import Path

import pytest

from sotabox import assets


def test_checkout_offers_its_top_level_folders() -> None:
    """In a checkout, examples are the folder that one edits."""
    assert (assets.folder("examples") / "static" / "index.html").is_file()


def test_packed_copy_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a zipapp the packed folder is used, whatever lies beside it."""
    package = tmp_path / "sotabox"
    (package / "_docs").mkdir(parents=True)
    (tmp_path / "docs").mkdir()
    monkeypatch.setattr(assets, "_PACKAGE", package)
    assert assets.folder("docs") == package / "_docs"


def test_missing_folder_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy that was packed without its files says so."""
    monkeypatch.setattr(assets, "_PACKAGE", tmp_path / "sotabox")
    with pytest.raises(FileNotFoundError, match="without its static"):
        assets.folder("static")
