"""Exit codes and error texts, as scripts and people meet them."""

import pytest

from sotabox import errors
from sotabox.cli.failures import exit_code, render_failure


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (errors.UnknownApp("nothing to build"), 1),
        (errors.ArchiveInvalid("no tar"), 1),
        (errors.Invalid("no such thing"), 2),
        (errors.NotFound("no such thing"), 2),
        (errors.Conflict("taken"), 2),
        (errors.Unauthorized("who are you"), 3),
        (errors.Forbidden("not you"), 3),
        (errors.EngineUnavailable("no engine"), 4),
        (errors.RouterUnavailable("no Caddy"), 4),
        (errors.Internal("ours"), 5),
        (errors.SotaboxError("ours"), 5),
    ],
    ids=lambda value: type(value).__name__,
)
def test_exit_code_names_the_kind_of_failure(error: errors.SotaboxError, expected: int) -> None:
    """A script can tell my app's fault from a wrong flag, a missing engine, and a bug."""
    assert exit_code(error) == expected


def test_failure_shows_message_details_and_hint() -> None:
    """An error says what was wrong, in which field, and what to do."""
    error = errors.Invalid(
        "2 settings are wrong",
        hint="Correct them.",
        details=[errors.Detail("domain", "has a space")],
    )
    assert render_failure(error) == (
        "sotabox: 2 settings are wrong\n  domain: has a space\n  Correct them."
    )


@pytest.mark.parametrize("message", ["cpus: use more", "This can't be set: use more"])
def test_only_detail_is_said_once(message: str) -> None:
    """An error about one field is one line."""
    error = errors.Invalid(message, details=[errors.Detail("cpus", "use more")])
    assert render_failure(error) == f"sotabox: {message}"
