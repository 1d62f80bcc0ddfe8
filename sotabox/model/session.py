"""Logins: a session is a browser that was let in; a setup link lets somebody in for the first time."""

from datetime import timedelta
from typing import Final

import msgspec

#: A session ends when nobody used it for this time,
IDLE_MAX: Final = timedelta(days=7)
#: and at this age, used or not.
AGE_MAX: Final = timedelta(days=30)
#: What a session token (a JWT) is good for, as on the hosted service.
TOKEN_MAX: Final = timedelta(hours=1)
SETUP_LINK_MAX: Final = timedelta(hours=1)
PASSWORD_MIN: Final = 10
PASSWORD_MAX: Final = 1000  # argon2 takes any length; who sends more than this sends no password
EMAIL_MAX: Final = 254  # RFC 5321


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A session's row; the token that opens it is known to the browser only.

    One of a program ends at `expires_at`, whatever it does; a browser's lives on with its use.
    """

    id: str
    user_id: str
    address: str  # where it was used last
    agent: str  # the browser's own words, cut short
    created_at: str
    seen_at: str
    expires_at: str | None = None


class SetupLink(msgspec.Struct, frozen=True, kw_only=True):
    """A setup link's row: whose password it sets."""

    user_id: str
    created_at: str


def check_password(password: str) -> str | None:
    """Why `password` can't be one, in words; None when it can."""
    if len(password) < PASSWORD_MIN:
        return f"use at least {PASSWORD_MIN} characters; a few words in a row are fine"
    if len(password) > PASSWORD_MAX:
        return f"use at most {PASSWORD_MAX} characters"
    if len(set(password)) < 4:
        return "use more than three different characters"
    return None


def check_email(email: str) -> str | None:
    """Why `email` (trimmed, lower case) can't be a login, in words; None when it can."""
    local, at, host = email.rpartition("@")
    shaped = bool(at and local and host) and not any(c.isspace() or c == "@" for c in local + host)
    if not shaped or len(email) > EMAIL_MAX or not email.isprintable():
        return "this is not an email address"
    return None
