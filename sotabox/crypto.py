"""All cryptography of a box, in one file for whoever reviews it.

    values at rest   AES-256-GCM, a fresh 96-bit nonce each; the key's id stands beside the nonce and
                     the row's identity is authenticated, so that a value can't move to another row
    API keys         40 hex digits of randomness, stored as SHA-256 only: a hash without salt or cost
                     is right for what can't be guessed, and lets the database find it by index; the
                     same for partners' keys
    webhooks         HMAC-SHA256 over the raw body, with a secret of 256 random bits
    passwords        argon2id, off the event loop

The algorithms are those of the libraries `cryptography` and `argon2-cffi`; nothing is invented here.
"""

import asyncio
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
_KEY_PREFIX_SHOWN: Final = 13
_CROCKFORD: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # none is taken for another
_PASSWORD_HASHES_AT_ONCE: Final = asyncio.Semaphore(2)  # each takes 64 MiB
#: Of a password that nobody knows: to be compared with where there is no user, in the same time.
HASH_OF_NOBODY: Final = (
    "$argon2id$v=19$m=65536,t=3,p=4"
    "$O3E+R8q0ijnN3jdVyAaJ9Q$IyJMRyjj00W6nBGYper2pjBVVohNvCfYQf/1rJyEQp0"
)


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
    if len(key) != 32:
        raise Internal(
            f"{path} does not hold a key",
            hint="Restore it from a backup: without it stored variables can't be read.",
        )
    return key


def _create_key(path: Path) -> bytes:
    key = secrets.token_bytes(32)
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


def new_api_key() -> str:
    """A fresh key of a user."""
    return f"sota_{secrets.token_hex(20)}"


def new_setup_token() -> str:
    """A fresh token of a setup link, such as `K7Q2-9ZXA-…`: 100 random bits, easy to type."""
    groups = ("".join(secrets.choice(_CROCKFORD) for _ in range(4)) for _ in range(5))
    return "-".join(groups)


def read_setup_token(text: str) -> str:
    """A setup link's token as it was meant: small letters and the usual mistakes are the same."""
    plain = text.strip().upper().translate(str.maketrans("OIL", "011", "- "))
    return "-".join(plain[at : at + 4] for at in range(0, len(plain), 4))


def new_partner_key() -> str:
    """A fresh key of a partner."""
    return f"sotap_{secrets.token_hex(20)}"


def new_password() -> str:
    """A fresh password, for somebody who did not choose one."""
    return secrets.token_urlsafe(15)


def new_webhook_secret() -> str:
    """A fresh secret, by which a webhook's receiver knows that the box has sent something."""
    return f"whsec_{secrets.token_hex(32)}"


def sign(body: bytes, secret: str) -> str:
    """The signature of a body: its HMAC-SHA256 with the whole secret, in hex."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def key_prefix(key: str) -> str:
    """The part of a key that may be shown again."""
    return key[:_KEY_PREFIX_SHOWN]


def digest_token(token: str) -> str:
    """What is stored of a token: its SHA-256, in hex."""
    return hashlib.sha256(token.encode()).hexdigest()


async def hash_password(password: str) -> str:
    """The argon2id hash of a password; takes some 0.15 s of a thread."""
    from argon2 import PasswordHasher

    async with _PASSWORD_HASHES_AT_ONCE:
        return await asyncio.to_thread(PasswordHasher().hash, password)


async def password_matches(password: str, hashed: str) -> bool:
    """Whether `password` is the one that was hashed."""
    from argon2 import PasswordHasher
    from argon2.exceptions import VerificationError

    async with _PASSWORD_HASHES_AT_ONCE:
        try:
            return await asyncio.to_thread(PasswordHasher().verify, hashed, password)
        except (VerificationError, ValueError):  # ValueError: what is stored is no hash
            return False
