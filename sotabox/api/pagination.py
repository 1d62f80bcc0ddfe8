"""Pages of lists: how many, and from where.

A cursor is a position and a check of the list that it belongs to. It is opaque, not secret: what it
can reach is decided by the query, which knows who asks.
"""

import base64
import binascii
import hashlib
from dataclasses import dataclass
from typing import Final

from sotabox.errors import BadRequest, Detail
from sotabox.web.numbers import read_number

LIMIT_DEFAULT: Final = 20
LIMIT_MAX: Final = 100
_CHECK_BYTES: Final = 6
_CURSOR_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class Page:
    """A part of the list that is named `of`, such as `deployments:{project id}`."""

    of: str
    position: str | None
    limit: int

    @property
    def probe(self) -> int:
        """How many rows to ask for: the one too many tells that there are more."""
        return self.limit + 1

    def number(self) -> int | None:
        """The position in a list that is ordered by numbers.

        Raises:
            BadRequest: it is none.
        """
        if self.position is None:
            return None
        if (number := read_number(self.position)) is None:
            raise BadRequest("This cursor does not belong to this list")
        return number

    def cursor(self, found: int, last_position: str) -> str | None:
        """Where the next page starts, if `found` rows of a probe say that there is one."""
        return _encode(self.of, last_position) if found > self.limit else None


def read_page(of: str, limit: str | None, cursor: str | None) -> Page:
    """The page that a query string asks for.

    Raises:
        BadRequest: `limit` is no number of at least 1, or `cursor` is not of this list.
    """
    return Page(of, _decode(of, cursor) if cursor else None, _limit(limit))


def _limit(text: str | None) -> int:
    if not text:
        return LIMIT_DEFAULT
    if not (number := read_number(text)):
        message = f"use a number from 1 to {LIMIT_MAX}"
        raise BadRequest(f"limit: {message}", details=[Detail("limit", message)])
    return min(number, LIMIT_MAX)


def _encode(of: str, position: str) -> str:
    return base64.urlsafe_b64encode(_check(of, position) + position.encode()).decode().rstrip("=")


def _decode(of: str, cursor: str) -> str:
    foreign = BadRequest(
        "This cursor does not belong to this list",
        hint="Take pagination.next_cursor of the page before, or leave it out to start anew.",
    )
    if len(cursor) > _CURSOR_MAX or not cursor.isascii():
        raise foreign
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        raw = base64.b64decode(padded, altchars=b"-_", validate=True)
        position = raw[_CHECK_BYTES:].decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise foreign from error
    if raw[:_CHECK_BYTES] != _check(of, position):
        raise foreign
    return position


def _check(of: str, position: str) -> bytes:
    return hashlib.sha256(f"{of}\n{position}".encode()).digest()[:_CHECK_BYTES]
