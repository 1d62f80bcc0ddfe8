"""Files encrypted with a passphrase, in chunks, none of which can be moved or cut off."""

import io
import secrets
from typing import BinaryIO, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sotabox.errors import Invalid

#: First in every encrypted file; the number is that of the format.
ENCRYPTED_MARK: Final = b"sotabox encrypted 1\n"
_SALT_BYTES: Final = 16
_CHUNK_BYTES: Final = 256 * 1024
_TAG_BYTES: Final = 16
_NONCE_BYTES: Final = 12


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
