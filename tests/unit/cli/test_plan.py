"""`sotabox plan DIR`, on folders as people have them."""

import json
from pathlib import Path

import pytest

from sotabox.assets import folder
from sotabox.cli.main import run


def test_site_is_explained_with_its_dockerfile(capsys: pytest.CaptureFixture[str]) -> None:
    """I see what was detected, and the Dockerfile that follows from it."""
    assert run(["plan", str(folder("examples") / "static")]) == 0
    said = capsys.readouterr().out
    assert said.startswith("Detected static: static files from the root\n")
    assert "\nFROM " in said


def test_json_is_the_plan_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    """A script reads the plan as one JSON object."""
    assert run(["plan", "--json", str(folder("examples") / "static")]) == 0
    assert json.loads(capsys.readouterr().out)["build_method"] == "auto"


def test_own_dockerfile_is_taken_as_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where I wrote a Dockerfile, none is invented."""
    (tmp_path / "Dockerfile").write_text("FROM scratch\nEXPOSE 3000\n")
    assert run(["plan", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "listens on port 3000" in said
    assert "FROM" not in said


def test_folder_with_nothing_to_build_ends_with_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An app that can't be built is my app's matter, not wrong use: exit code 1 and what to do."""
    (tmp_path / "notes.txt").write_text("hello")
    assert run(["plan", str(tmp_path)]) == 1
    assert capsys.readouterr().err.startswith("sotabox: ")


def test_missing_folder_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    """A typo in the folder's name is said to be one."""
    assert run(["plan", "/no/such/folder"]) == 2
    assert "/no/such/folder is not a folder" in capsys.readouterr().err
