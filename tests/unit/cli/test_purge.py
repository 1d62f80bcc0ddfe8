"""Deleting a data directory so that it can be resumed."""

from pathlib import Path

from sotabox.cli.purge import remove_folder


def test_marker_goes_last(tmp_path: Path) -> None:
    """A removal that is cut off can be repeated: what names the box is there to the end."""
    box = tmp_path / "box"
    (box / "logs").mkdir(parents=True)
    (box / "logs" / "a.log").write_text("a")
    (box / "link").symlink_to(tmp_path)
    marker = box / "instance-id"
    marker.write_text("abc")
    remove_folder(box, last=marker)
    assert list(tmp_path.iterdir()) == []
