"""The README promises only what is there."""

import re
import subprocess
from pathlib import Path

from sotabox.cli.commands import COMMANDS

ROOT = Path(__file__).resolve().parent.parent.parent
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")


def test_commands_of_the_readme_exist() -> None:
    """Every `sotabox …` that the README tells me to type is a command."""
    named = set(re.findall(r"[`(\s]sotabox ([a-z][a-z-]*)[ `\n)]", TEXT.partition("## Try it")[2]))
    assert named
    assert named <= {command.NAME for command in COMMANDS}


def test_options_of_the_installer_exist() -> None:
    """Every option of install.sh that the README shows is one that it explains."""
    explained = subprocess.run(
        [str(ROOT / "install.sh"), "--help"], check=True, capture_output=True, text=True
    ).stdout
    shown = set(re.findall(r"install\.sh\s+(--[a-z-]+)", TEXT)) | {"--purge", "--dry-run"}
    assert {option for option in shown if option != "--help" and option not in explained} == set()


def test_make_targets_of_the_readme_exist() -> None:
    """Every `make …` of the README is a target."""
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)
    named = set(re.findall(r"`make ([a-z]+)`", TEXT))
    assert named
    assert named <= set(targets)


def test_links_of_the_readme_lead_somewhere() -> None:
    """Every file that the README links to is in the repository."""
    links = re.findall(r"\]\(([^)#:]+)\)", TEXT)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []
