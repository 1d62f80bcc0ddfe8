"""The real apps of `tests/apps/`: each gets the plan that its `expect.toml` says.

The same files say what the app answers; building and asking them is the end-to-end suite's part.
"""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from sotabox.builds.detect import detect
from sotabox.builds.source import DirectoryTree

APPS = sorted(path.parent for path in Path(__file__).parents[2].glob("apps/*/expect.toml"))


@pytest.mark.parametrize("app", APPS, ids=lambda path: path.name)
def test_app_gets_the_plan_that_it_expects(app: Path) -> None:
    """A real repository of this kind deploys with no configuration."""
    expected = tomllib.loads((app / "expect.toml").read_text())["plan"]
    plan = detect(DirectoryTree(app)).to_dict()
    plan["versions"] = {version["tool"]: version["version"] for version in plan["versions"]}
    assert _only(expected, plan) == expected


def _only(expected: Any, found: Any) -> Any:
    """What `found` has under the keys of `expected`, at every depth."""
    if isinstance(expected, dict) and isinstance(found, dict):
        return {key: _only(value, found.get(key)) for key, value in expected.items()}
    return found


def test_lock_files_name_no_registry() -> None:
    """The apps build behind any mirror: their locks hold versions and digests, no hosts."""
    locks = ("package-lock.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock")
    folder = Path(__file__).parents[2] / "apps"
    for lock in (path for name in locks for path in folder.glob(f"*/{name}")):
        text = lock.read_text()
        assert '"resolved": "http' not in text, lock
        assert 'resolved "http' not in text, lock
        assert "tarball: http" not in text, lock
