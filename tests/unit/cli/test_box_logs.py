"""Where the log of a server's box is read."""

from dataclasses import replace
from pathlib import Path

import pytest

from sotabox.cli.box_logs import box_lines, box_log_command
from sotabox.errors import BadRequest, NotFound
from sotabox.settings import Settings


def command(tmp_path: Path, *, by_journal: bool, **given: str | bool | None) -> list[str]:
    options = {"follow": False, "tail": None, "since": None} | given
    settings = replace(Settings(), data_dir=tmp_path)
    return box_log_command(settings, by_journal=by_journal, **options)  # type: ignore[arg-type]


def test_journal_is_asked_for_both_units(tmp_path: Path) -> None:
    """Where systemd runs the box, control plane and Caddy are read together."""
    words = command(tmp_path, by_journal=True, follow=True, tail="20", since="-1h")
    assert words[0] == "journalctl"
    assert "-u sotabox -u sotabox-caddy -n 20 --since -1h -f" in " ".join(words)


def test_file_beside_the_data_is_read_where_no_systemd_runs(tmp_path: Path) -> None:
    """The last lines of what the control plane has said."""
    (tmp_path / "serve.log").write_text("one\ntwo\nthree\n")
    settings = replace(Settings(), data_dir=tmp_path)
    assert list(box_lines(settings, follow=False, tail="2", since=None)) == ["two", "three"]
    assert list(box_lines(settings, follow=False, tail="all", since=None)) == [
        "one",
        "two",
        "three",
    ]


def test_box_without_a_log_says_where_to_look(tmp_path: Path) -> None:
    """One that was started by hand writes to the terminal that it was started in."""
    with pytest.raises(NotFound, match=r"serve\.log"):
        command(tmp_path, by_journal=False)


def test_times_need_the_journal(tmp_path: Path) -> None:
    """A file has none to look for: said, not ignored."""
    (tmp_path / "serve.log").touch()
    with pytest.raises(BadRequest, match="--since"):
        command(tmp_path, by_journal=False, since="1h")
