"""Form tokens and login tickets.

A form token is what shows that a form was made by the dashboard, for this very
browser: it is `mask ‖ (mask ⊕ HMAC(key, holder))`, where the holder is the browser's cookie. The mask is
fresh in each page, so that a compressed page never holds the same secret twice (BREACH).

Apps live on subdomains, which browsers count as the same site: neither `SameSite` nor the absence of
a cross-site request proves anything about them. So every form carries a token, and what browsers say
of a request's origin is checked as well.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

TICKET_MAX_S: Final = 300
_BYTES: Final = hashlib.sha256().digest_size


def issue(key: bytes, holder: str) -> str:
    """A fresh token for the browser that holds the cookie `holder`."""
    mask = secrets.token_bytes(_BYTES)
    return base64.urlsafe_b64encode(mask + _xor(mask, _digest(key, holder))).decode().rstrip("=")


def accepts(key: bytes, holder: str, token: str) -> bool:
    """Whether `token` was issued for the browser that holds `holder`."""
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return False
    if len(raw) != 2 * _BYTES or not holder:
        return False
    return hmac.compare_digest(_xor(raw[:_BYTES], raw[_BYTES:]), _digest(key, holder))


def issue_ticket(key: bytes, holder: str, subject: str, now_s: float) -> str:
    """A note for the browser `holder`, good for a few minutes: `subject`, its end, a signature."""
    note = f"{subject}.{round(now_s + TICKET_MAX_S)}"
    return f"{note}.{_digest(key, f'ticket {holder} {note}').hex()}"


def read_ticket(key: bytes, holder: str, ticket: str, now_s: float) -> str | None:
    """The subject of a ticket; None where it is another browser's, altered, or too old."""
    note, _, signature = ticket.rpartition(".")
    subject, _, end = note.rpartition(".")
    wanted = _digest(key, f"ticket {holder} {note}").hex()
    if not holder or not hmac.compare_digest(wanted.encode(), signature.encode()):
        return None
    return subject if now_s < int(end) else None


def is_own(headers: Mapping[str, str]) -> bool:
    """Whether a browser says that a request comes from a page of this very origin.

    What no browser sent has neither header; the token decides alone then.

    Source: https://www.w3.org/TR/fetch-metadata/ and RFC 6454.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = headers.get("origin")
    if origin is None:
        return True
    return urlsplit(origin).netloc.lower() == headers.get("host", "").lower()


def _digest(key: bytes, holder: str) -> bytes:
    return hmac.new(key, holder.encode(), hashlib.sha256).digest()


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))
