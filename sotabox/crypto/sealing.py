"""Values at rest, sealed under the box's key; and that key."""

import hashlib
import hmac
import os
import secrets
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sotabox.errors import Internal

_NONCE_BYTES: Final = 12
_KEY_ID_BYTES: Final = 4
_KEY_BYTES: Final = 32


class Sealer:
    """Seals values under the box's key."""

    def __init__(self, key: bytes) -> None:
        self._aead = AESGCM(key)
        self._key = key
        self._key_id = hashlib.sha256(b"sotabox key id" + key).digest()[:_KEY_ID_BYTES]

    def seal(self, value: str, context: str) -> bytes:
        """`value` encrypted: key id, nonce, ciphertext. `context` names the row that it belongs to."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = self._aead.encrypt(nonce, value.encode(), context.encode())
        return self._key_id + nonce + sealed

    def open(self, sealed: bytes, context: str) -> str:
        """The value that `seal` was given with the same context.

        Raises:
            Internal: it was sealed by another key, altered, or moved to another row.
        """
        key_id, rest = sealed[:_KEY_ID_BYTES], sealed[_KEY_ID_BYTES:]
        if key_id != self._key_id:
            raise Internal(
                "A stored value was sealed with another key",
                hint="The key file in the data directory must be the one of this database.",
            )
        try:
            value = self._aead.decrypt(rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], context.encode())
        except (InvalidTag, ValueError) as error:  # ValueError: not even a whole nonce is left
            raise Internal("A stored value was altered") from error
        return value.decode()

    def derived_key(self, purpose: str) -> bytes:
        """A key for another purpose, which tells nothing about the box's own."""
        return hmac.new(self._key, b"derived\0" + purpose.encode(), hashlib.sha256).digest()


def load_key(path: Path) -> bytes:
    """The box's 256-bit key; made at the first call, readable by its owner only.

    Raises:
        Internal: the file does not hold a key.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return _create_key(path)
    try:
        key = bytes.fromhex(content.decode("ascii"))
    except ValueError:
        key = b""
    if len(key) != _KEY_BYTES:
        raise Internal(
            f"{path} does not hold a key",
            hint="Restore it from a backup: without it stored variables can't be read.",
        )
    return key


def _create_key(path: Path) -> bytes:
    key = secrets.token_bytes(_KEY_BYTES)
    temporary = path.with_name(f"{path.name}.{secrets.token_hex(4)}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(key.hex())
        file.flush()
        os.fsync(file.fileno())
    try:
        # link() fails where another start was faster; its key is the one.
        path.hardlink_to(temporary)
    except FileExistsError:
        return load_key(path)
    finally:
        temporary.unlink()
    # What is sealed from now on must not outlive the key: its name is on disk before it is used.
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return key
