"""Second factors: codes that an authenticator app shows for half a minute each."""

import base64
import hashlib
import hmac
import secrets
from typing import Final

STEP_S: Final = 30


def new_totp_secret() -> str:
    """A fresh secret of a second factor, in base32, as authenticator apps take it: 160 bits."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def totp_code(secret: str, step: int) -> str:
    """The six digits of a step (half a minute since 1970).

    Source: RFC 6238 on RFC 4226, 5.3, with SHA-1: what every authenticator app speaks.
    """
    digest = hmac.new(base64.b32decode(secret), step.to_bytes(8, "big"), hashlib.sha1).digest()
    at = digest[-1] & 0xF
    number = int.from_bytes(digest[at : at + 4], "big") & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"


def totp_step(secret: str, code: str, now_s: float) -> int | None:
    """The step that `code` is of, if that is now, or just before or after: clocks differ."""
    present = int(now_s // STEP_S)
    found = None
    for step in (present - 1, present, present + 1):
        if hmac.compare_digest(totp_code(secret, step).encode(), code.encode()):
            found = step
    return found
