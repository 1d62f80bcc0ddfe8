"""`sotabox plan DIR`, on folders as people have them."""

import json
import os
import subprocess
import sys
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


def test_every_decision_is_shown_with_its_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """I see from which file each part of the plan was read, and my own words named as such."""
    (tmp_path / "package.json").write_text('{"scripts": {"start": "node index.js"}}')
    (tmp_path / ".nvmrc").write_text("20\n")
    (tmp_path / "sotabox.toml").write_text("port = 4000\n")
    assert run(["plan", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    explained, _, dockerfile = said.partition("\n\n")
    for line in ("Node: package.json in the archive", "node 20: .nvmrc", "port 4000: sotabox.toml"):
        assert f"\n  {line}" in explained
    assert dockerfile.startswith("FROM node:20")
    assert run(["plan", "--json", str(tmp_path)]) == 0
    reasons = json.loads(capsys.readouterr().out)["reasons"]
    assert all(reason["what"] and reason["why"] for reason in reasons)


def test_plan_needs_no_engine(tmp_path: Path) -> None:
    """It works on a laptop without Docker, and doesn't even load what would speak to one."""
    (tmp_path / "index.html").write_text("hello")
    code = (
        "import sys\n"
        "from sotabox.cli.main import run\n"
        f"code = run(['plan', {str(tmp_path)!r}])\n"
        "sys.exit(code or len({'docker', 'aiosqlite', 'litestar'} & sys.modules.keys()))\n"
    )
    environ = os.environ | {"DOCKER_HOST": "unix:///nowhere.sock", "PATH": ""}
    done = subprocess.run([sys.executable, "-c", code], env=environ, check=False, timeout=30)
    assert done.returncode == 0


def test_app_that_asks_for_railpack_is_planned_by_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who decides is said; no Dockerfile is shown that would not be used."""
    (tmp_path / "sotabox.toml").write_text('builder = "railpack"\n')
    assert run(["plan", str(tmp_path)]) == 0
    assert capsys.readouterr().out == (
        "Builds with Railpack, listens on port 8080\n  Railpack: sotabox.toml chose it\n"
    )
