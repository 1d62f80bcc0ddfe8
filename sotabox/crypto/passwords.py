"""Passwords, hashed with argon2id off the event loop."""

import asyncio
import secrets
from typing import Final

_HASHES_AT_ONCE: Final = asyncio.Semaphore(2)  # each takes 64 MiB
#: Of a password that nobody knows: to be compared with where there is no user, in the same time.
HASH_OF_NOBODY: Final = (
    "$argon2id$v=19$m=65536,t=3,p=4"
    "$O3E+R8q0ijnN3jdVyAaJ9Q$IyJMRyjj00W6nBGYper2pjBVVohNvCfYQf/1rJyEQp0"
)


def new_password() -> str:
    """A fresh password, for somebody who did not choose one."""
    return secrets.token_urlsafe(15)


async def hash_password(password: str) -> str:
    """The argon2id hash of a password; takes some 0.15 s of a thread."""
    from argon2 import PasswordHasher

    async with _HASHES_AT_ONCE:
        return await asyncio.to_thread(PasswordHasher().hash, password)


async def password_matches(password: str, hashed: str) -> bool:
    """Whether `password` is the one that was hashed."""
    from argon2 import PasswordHasher
    from argon2.exceptions import VerificationError

    async with _HASHES_AT_ONCE:
        try:
            return await asyncio.to_thread(PasswordHasher().verify, hashed, password)
        except (VerificationError, ValueError):  # ValueError: what is stored is no hash
            return False
