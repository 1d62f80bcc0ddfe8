"""Registry credentials that the box's owner gave to Docker itself, with `docker login`."""

import base64
import binascii
import json
import logging
from pathlib import Path

_logger = logging.getLogger(__name__)


def read_credentials(path: Path) -> dict[str, tuple[str, str]]:
    """User and password by registry, from Docker's client configuration.

    An absent file holds none. Entries kept in a credential store of the system are not there to be
    read and are left out.

    Source: Docker's `config.json`, `auths`.
    """
    try:
        auths = json.loads(path.read_text(encoding="utf-8")).get("auths", {})
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, AttributeError) as error:
        _logger.warning("%s can't be read, private images can't be pulled: %s", path, error)
        return {}
    return {
        registry: pair
        for registry, entry in auths.items()
        if (pair := _read_entry(entry)) is not None
    }


def _read_entry(entry: object) -> tuple[str, str] | None:
    text = entry.get("auth", "") if isinstance(entry, dict) else ""
    try:
        user, colon, password = base64.b64decode(text).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError, TypeError):
        return None
    return (user, password) if user and colon else None
