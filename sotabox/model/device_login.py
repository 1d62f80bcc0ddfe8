"""Logins of devices: a program without a browser is let in by somebody who has one (RFC 8628)."""

from datetime import timedelta
from typing import Final

import msgspec

AGE_MAX: Final = timedelta(minutes=10)
INTERVAL: Final = timedelta(seconds=5)
#: Clocks and networks differ a little: who waits as told is never too early.
INTERVAL_TOLERANCE: Final = timedelta(milliseconds=500)
#: How long "too late" is known from "never heard of".
REMEMBERED: Final = timedelta(hours=1)
WAITING_MAX: Final = 1000

#: Consonants that make no words and are not taken for each other, as RFC 8628 (6.1) advises.
USER_CODE_LETTERS: Final = "BCDFGHJKLMNPQRSTVWXZ"
_GROUP: Final = 4
USER_CODE_LENGTH: Final = 2 * _GROUP  # 34 bits, for ten minutes, behind a throttle


class DeviceLogin(msgspec.Struct, frozen=True, kw_only=True):
    """A device login's row; its codes are known to the device and the person only."""

    device_hash: str
    user_id: str | None  # who let the device in
    created_at: str
    polled_at: str | None


def format_user_code(letters: str) -> str:
    """The eight letters of a code as people read them.

    >>> format_user_code("BCDFGHJK")
    'BCDF-GHJK'
    """
    return f"{letters[:_GROUP]}-{letters[_GROUP:]}"


def read_user_code(text: str) -> str:
    """A code as it was meant: small letters, spaces and a missing dash are the same.

    >>> read_user_code(" bcdf ghjk ")
    'BCDF-GHJK'
    """
    return format_user_code("".join(c for c in text.upper() if c.isalnum())[: USER_CODE_LENGTH + 1])
