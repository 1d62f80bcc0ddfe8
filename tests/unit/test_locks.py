"""The lock files install what pyproject.toml asks for, from any index, and nothing unverified."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PIN = re.compile(r"^([\w.-]+)==(\S+) \\$", re.MULTILINE)


def pins(lock: str) -> dict[str, Version]:
    """What a lock installs, by normalized name."""
    text = (ROOT / lock).read_text(encoding="utf-8")
    return {canonicalize_name(name): Version(version) for name, version in PIN.findall(text)}


@pytest.mark.parametrize(
    ("lock", "asked"),
    [
        ("requirements.lock", PROJECT["dependencies"]),
        ("requirements-dev.lock", PROJECT["dependencies"]),
        ("requirements-dev.lock", PROJECT["optional-dependencies"]["dev"]),
    ],
)
def test_lock_holds_each_dependency_in_a_version_that_is_allowed(
    lock: str, asked: list[Any]
) -> None:
    """A dependency added to the project reaches the box and the suite (`make lock`)."""
    locked = pins(lock)
    for requirement in map(Requirement, asked):
        version = locked.get(canonicalize_name(requirement.name))
        assert version is not None, f"{requirement.name} is not in {lock}: run `make lock`"
        assert version in requirement.specifier, f"{requirement} but {lock} has {version}"


def test_locks_agree_on_versions() -> None:
    """What is tested is what is shipped."""
    shipped, tested = pins("requirements.lock"), pins("requirements-dev.lock")
    assert shipped == {name: tested.get(name) for name in shipped}


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_lock_names_hashes_and_no_index(lock: str) -> None:
    """Every file is verified, and comes from wherever this machine gets packages."""
    lines = (ROOT / lock).read_text(encoding="utf-8").splitlines()
    entries = [line for line in lines if line and not line.startswith(("    --hash=sha256:", "#"))]
    assert [line for line in entries if not PIN.match(line)] == []
    assert len(lines) > 2 * len(entries)
