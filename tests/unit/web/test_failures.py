"""Errors on their way to the wire."""

import errno
import json

import pytest
from litestar.exceptions import ClientException, HTTPException, InternalServerException

from sotabox.errors import Detail, Invalid, RateLimited, Unauthorized, Unavailable
from sotabox.web.failures import render, translate


def test_error_of_ours_is_shown_whole() -> None:
    """Message, code, hint and fields: what a client can act on."""
    error = Invalid("name: too long", hint="Shorten it.", details=[Detail("name", "too long")])
    failure = render(translate(error))
    assert failure.status == 422
    assert json.loads(failure.body) == {
        "error": {
            "message": "name: too long",
            "code": "validation_error",
            "hint": "Shorten it.",
            "details": [{"field": "name", "message": "too long"}],
        }
    }


def test_error_without_more_has_message_and_code_only() -> None:
    """What there is nothing to say about is left out."""
    body = json.loads(render(Unavailable("away")).body)
    assert body == {"error": {"message": "away", "code": "service_unavailable"}}


@pytest.mark.parametrize(
    ("error", "name", "value"),
    [
        (Unavailable("away", retry_after_s=7), "retry-after", "7"),
        (RateLimited("slow down", retry_after_s=9), "retry-after", "9"),
        (Unauthorized("who?"), "www-authenticate", "Bearer"),
    ],
)
def test_error_has_the_headers_of_its_status(error: Exception, name: str, value: str) -> None:
    """Clients that know HTTP know what to do."""
    assert render(translate(error)).headers[name] == value


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_full_disk_is_told_as_such(number: int) -> None:
    """Wherever it struck, it is 503 and not our fault."""
    assert translate(OSError(number, "no space")).code == "disk_full"


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (ClientException("Invalid host header"), 400, "bad_request"),
        (HTTPException(status_code=404), 404, "not_found"),
        (HTTPException(status_code=413), 413, "payload_too_large"),
        (InternalServerException("secret"), 500, "internal_error"),
        (OSError(errno.EIO, "secret"), 500, "internal_error"),
        (ValueError("secret"), 500, "internal_error"),
    ],
)
def test_foreign_error_gets_our_words(error: Exception, status: int, code: str) -> None:
    """One shape for all, and nothing of what went wrong inside."""
    failure = render(translate(error))
    assert (failure.status, json.loads(failure.body)["error"]["code"]) == (status, code)
    assert b"secret" not in failure.body
