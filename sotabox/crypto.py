"""All cryptography of a box, in one file for whoever reviews it.

    values at rest   AES-256-GCM, a fresh 96-bit nonce each; the key's id stands beside the nonce and
                     the row's identity is authenticated, so that a value can't move to another row
    API keys         40 hex digits of randomness, stored as SHA-256 only: a hash without salt or cost
                     is right for what can't be guessed, and lets the database find it by index; the
                     same for partners' keys
    webhooks         HMAC-SHA256 over the raw body, with a secret of 256 random bits
    passwords        argon2id, off the event loop
    backups          AES-256-GCM in chunks under a key that argon2id makes of a passphrase; each chunk
                     knows its place and whether it is the last, so that none can be moved or cut off

The algorithms are those of the libraries `cryptography` and `argon2-cffi`; nothing is invented here.
"""

import asyncio
import base64
import hashlib
import hmac
import io
import os
import secrets
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.x509 import load_pem_x509_certificate
from cryptography.x509.oid import NameOID

from sotabox.errors import Internal, Invalid

_NONCE_BYTES: Final = 12
_KEY_ID_BYTES: Final = 4
TOTP_STEP_S: Final = 30
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
    present = int(now_s // TOTP_STEP_S)
    found = None
    for step in (present - 1, present, present + 1):
        if hmac.compare_digest(totp_code(secret, step).encode(), code.encode()):
            found = step
    return found


def certificate_end(pem: bytes) -> datetime:
    """Until when the first certificate in a PEM file is good, in UTC.

    Raises:
        ValueError: it holds none.
    """
    return load_pem_x509_certificate(pem).not_valid_after_utc


def certificate_issuer(pem: bytes) -> str:
    """Who signed the first certificate in a PEM file, by the name of their organisation.

    Raises:
        ValueError: it holds none.
    """
    issuer = load_pem_x509_certificate(pem).issuer
    names = issuer.get_attributes_for_oid(NameOID.ORGANIZATION_NAME) or (
        issuer.get_attributes_for_oid(NameOID.COMMON_NAME)
    )
    return str(names[0].value) if names else issuer.rfc4514_string()


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


#: First in every encrypted file; the number is that of the format.
ENCRYPTED_MARK: Final = b"sotabox encrypted 1\n"
_SALT_BYTES: Final = 16
_CHUNK_BYTES: Final = 256 * 1024
_TAG_BYTES: Final = 16


class EncryptedWriter(io.RawIOBase):
    """Encrypts what is written to it into `target`, with memory for one chunk; `close` ends it.

    The file: mark, salt, then chunks of 256 KiB with their tags; only the last may be shorter. The
    salt is fresh, so the key serves for this file only, and a chunk's number is nonce enough.
    """

    def __init__(self, target: BinaryIO, passphrase: str) -> None:
        super().__init__()
        self._target = target
        self._head = ENCRYPTED_MARK + secrets.token_bytes(_SALT_BYTES)
        self._aead = AESGCM(_passphrase_key(passphrase, self._head))
        self._rest = bytearray()
        self._number = 0
        target.write(self._head)

    def writable(self) -> bool:
        return True

    def write(self, data: "bytes | bytearray | memoryview") -> int:  # type: ignore[override]
        self._rest += data
        while len(self._rest) > _CHUNK_BYTES:  # the last one is written by `close`
            self._emit(bytes(self._rest[:_CHUNK_BYTES]), last=False)
            del self._rest[:_CHUNK_BYTES]
        return len(data)

    def close(self) -> None:
        """Writes the last chunk; `target` stays open."""
        if not self.closed:
            self._emit(bytes(self._rest), last=True)
        super().close()

    def _emit(self, chunk: bytes, *, last: bool) -> None:
        nonce = _chunk_nonce(self._number, last=last)
        self._target.write(self._aead.encrypt(nonce, chunk, self._head))
        self._number += 1


class EncryptedReader(io.RawIOBase):
    """Reads what `EncryptedWriter` wrote into `source`.

    Raises:
        Invalid: by each read: the passphrase is another one, or the file was altered or cut off.
    """

    def __init__(self, source: BinaryIO, passphrase: str) -> None:
        super().__init__()
        self._source = source
        self._head = source.read(len(ENCRYPTED_MARK) + _SALT_BYTES)
        if not self._head.startswith(ENCRYPTED_MARK):
            raise Invalid("This file is not encrypted by sotabox, or by a newer one")
        self._aead = AESGCM(_passphrase_key(passphrase, self._head))
        self._sealed = source.read(_CHUNK_BYTES + _TAG_BYTES)
        self._plain = b""
        self._number = 0
        self._ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        while not self._plain and not self._ended:
            self._plain = self._next()
        size = min(len(buffer), len(self._plain))
        buffer[:size] = self._plain[:size]
        self._plain = self._plain[size:]
        return size

    def _next(self) -> bytes:
        after = self._source.read(_CHUNK_BYTES + _TAG_BYTES)
        self._ended = not after
        nonce = _chunk_nonce(self._number, last=self._ended)
        try:
            plain = self._aead.decrypt(nonce, self._sealed, self._head)
        except (InvalidTag, ValueError) as error:  # ValueError: not even a whole tag is left
            if self._number == 0:
                raise Invalid(
                    "The passphrase is not the one of this file, or the file was altered"
                ) from error
            raise Invalid("This file was altered or cut off") from error
        self._number += 1
        self._sealed = after
        return plain


def _chunk_nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(_NONCE_BYTES - 1, "big") + bytes([last])


def _passphrase_key(passphrase: str, salt: bytes) -> bytes:
    """The key that a passphrase stands for in one file; some 0.2 s and 64 MiB for each guess."""
    from argon2.low_level import Type, hash_secret_raw

    return hash_secret_raw(
        passphrase.encode(), salt, time_cost=3, memory_cost=65536, parallelism=4, hash_len=32,
        type=Type.ID,
    )  # fmt: skip
