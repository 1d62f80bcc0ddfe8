"""Which project a folder belongs to."""

import json
from pathlib import Path

import pytest

from sotabox.cli.link import Link, find_link, read_link, write_link
from sotabox.errors import Invalid


def test_link_is_written_as_the_official_program_reads_it(tmp_path: Path) -> None:
    """Both programs take a folder for the same project."""
    write_link(tmp_path, Link("id-1", "my-app"))
    text = (tmp_path / ".sota.json").read_text()
    assert json.loads(text) == {"project_id": "id-1", "project_slug": "my-app"}
    assert read_link(tmp_path) == Link("id-1", "my-app")


def test_folder_below_belongs_to_the_same_project(tmp_path: Path) -> None:
    """In a folder deep in the app, commands are still about the app."""
    write_link(tmp_path, Link("id-1", "my-app"))
    deep = tmp_path / "src" / "deep"
    deep.mkdir(parents=True)
    assert find_link(deep) == Link("id-1", "my-app")
    assert read_link(deep) is None


@pytest.mark.parametrize("text", ["{", "[]", "{}", "null"])
def test_broken_link_is_named(tmp_path: Path, text: str) -> None:
    """A file without a project in it is an error, and no reason to make a new project."""
    (tmp_path / ".sota.json").write_text(text)
    with pytest.raises(Invalid, match=r"\.sota\.json"):
        read_link(tmp_path)
