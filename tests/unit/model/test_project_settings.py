"""What a project's settings may be."""

from typing import Any

import pytest

from sotabox.builds.appfile import BUILDERS as OF_APPFILE
from sotabox.model.project_settings import BUILDERS, FIELDS, check_setting


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *((name, None) for name in FIELDS),
        ("memory_mb", 6),
        ("cpus", 0.01),
        ("pids", 1),
        ("health_path", "/"),
        ("health_path", "/alive?deep=1&x=%C3%A4"),
        ("drain_timeout_s", 0),
        ("replicas", 1),
        ("replicas", 8),
        ("port", 65535),
        ("builder", "railpack"),
        ("root_directory", "apps/my web"),
        ("start_command", "a\tb && c"),
    ],
)
def test_setting_that_makes_sense_is_taken(name: str, value: Any) -> None:
    """And none is always one: it gives the setting back to the box."""
    assert check_setting(name, value) is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("memory_mb", 5),
        ("cpus", 0.001),
        ("cpus", float("nan")),
        ("cpus", float("inf")),
        ("health_path", ""),
        ("health_path", "/a b"),
        ("health_path", "/a\r\nHost: evil"),
        ("health_path", "/a#b"),
        ("health_path", "/" + "a" * 1024),
        ("health_timeout_s", 3601),
        ("replicas", 0),
        ("replicas", 9),
        ("builder", "Auto"),
        ("root_directory", ""),
        ("root_directory", "a/../b"),
        ("root_directory", "a\0b"),
        ("build_command", "a\0b"),
        ("start_command", ""),
    ],
)
def test_setting_that_can_not_be_is_explained(name: str, value: Any) -> None:
    """In words that say what to do instead."""
    problem = check_setting(name, value)
    assert problem is not None
    assert problem.split()[0] in {"use", "begin", "name", "write"}


def test_builders_are_those_that_an_apps_own_file_may_choose() -> None:
    """One word a thing, wherever it is said."""
    assert BUILDERS == OF_APPFILE
