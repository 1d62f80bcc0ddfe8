"""What a box or something before it answers, as errors with an exit code."""

import json

import pytest

from sotabox.cli.answers import failure_of
from sotabox.cli.failures import exit_code, render_failure
from sotabox.errors import RateLimited


def body(code: str, **more: object) -> bytes:
    return json.dumps({"error": {"message": "No.", "code": code, **more}}).encode()


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (422, "archive_invalid", 1),
        (400, "bad_request", 2),
        (404, "not_found", 2),
        (409, "slug_taken", 2),
        (422, "validation_error", 2),
        (401, "unauthorized", 3),
        (403, "forbidden", 3),
        (429, "rate_limited", 4),
        (503, "queue_full", 4),
        (502, "", 4),
        (500, "internal_error", 5),
    ],
)
def test_answer_has_the_exit_code_of_its_kind(status: int, code: str, expected: int) -> None:
    """A script can tell from the exit code whose turn it is."""
    failure = failure_of(status, body(code))
    assert exit_code(failure) == expected
    assert failure.code == code or not code


def test_details_and_hint_arrive() -> None:
    """What the box says about a field, and what to do, is shown."""
    details = [{"field": "slug", "message": "is reserved"}]
    failure = failure_of(422, body("validation_error", hint="Take another.", details=details))
    assert render_failure(failure) == "sotabox: No.\n  slug: is reserved\n  Take another."


@pytest.mark.parametrize(
    "text", [b"", b"<html>Bad Gateway</html>", b"[]", b'{"error": "x"}', b"\xff"]
)
def test_answer_of_something_else_is_shown_as_it_is(text: bytes) -> None:
    """A proxy's own page is no riddle and no crash."""
    assert "The box answered 502" in failure_of(502, text).message


@pytest.mark.parametrize(("header", "expected"), [("7", 7), (None, 1), ("soon", 1)])
def test_wait_is_the_one_that_the_box_names(header: str | None, expected: int) -> None:
    """Who is too fast waits as long as the box says."""
    failure = failure_of(429, body("rate_limited"), header)
    assert isinstance(failure, RateLimited)
    assert failure.retry_after_s == expected
