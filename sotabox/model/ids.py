"""Identifiers: UUIDs that sort by the time of their making, or random ones (RFC 9562)."""

import secrets
import time
import uuid
from typing import Final

_VERSION_7: Final = 0x7 << 76
_VARIANT: Final = 0b10 << 62


def new_id() -> str:
    """A fresh UUIDv7 in its usual text form; later ids sort after earlier ones."""
    return format_id(time.time_ns() // 1_000_000, secrets.randbits(74))


def format_id(unix_ms: int, random: int) -> str:
    """The UUIDv7 made of a time in milliseconds and 74 random bits."""
    value = unix_ms << 80 | _VERSION_7 | (random >> 62) << 64 | _VARIANT | random & (1 << 62) - 1
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def new_deployment_id() -> str:
    """A fresh UUID for a deployment: random, as the image tag is made of its first eight digits.

    Those of a UUIDv7 are its time; two deployments of one minute would share them.
    """
    return str(uuid.uuid4())


def short_id(id_: str) -> str:
    """What people see of a deployment's id: its first eight digits."""
    return id_[:8]
