"""Which files hold secrets by their name."""

import pytest

from sotabox.cli.secret_files import is_secret, render_warnings


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (".env", True),
        ("web/.env.production", True),
        (".env.local", True),
        (".env.example", False),
        (".env.production.sample", False),
        (".envrc", False),
        ("env.py", False),
        (".environment/x", False),
    ],
)
def test_file_of_variables_is_known_by_its_name(name: str, *, expected: bool) -> None:
    """I am warned of what holds values, and not of examples."""
    assert is_secret(name) is expected


def test_warning_names_the_file_and_the_better_way() -> None:
    """Nothing is said where there is nothing to say."""
    assert render_warnings(()) == []
    assert "sotabox env import web/.env" in render_warnings(["web/.env"])[1]
