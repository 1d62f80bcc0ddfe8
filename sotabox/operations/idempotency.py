"""Requests that may be repeated: the same key and the same request make one deployment."""

import asyncio
import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from sotabox.errors import BadRequest, Detail, IdempotencyKeyReused
from sotabox.model.deployment import Deployment
from sotabox.model.times import format_time
from sotabox.operations.actor import Actor
from sotabox.store.idempotency import Once, Repeated
from sotabox.store.store import Store

VALID: Final = timedelta(hours=24)
KEY_MAX: Final = 255


def once(actor: Actor, key: str | None, *request: str) -> Once | None:
    """What keeps a request from making a second deployment; None where it has no key.

    Args:
        actor: whose key it is: others may choose the same one.
        key: the header `Idempotency-Key`.
        request: what tells it from others: verb, project, body.

    Raises:
        BadRequest: the key can't be one.
    """
    if key is None:
        return None
    if not 1 <= len(key) <= KEY_MAX or not key.isascii() or not key.isprintable():
        problem = f"use 1 to {KEY_MAX} printable ASCII characters"
        raise BadRequest(
            f"Idempotency-Key: {problem}", details=[Detail("Idempotency-Key", problem)]
        )
    digest = hashlib.sha256("\0".join(request).encode()).hexdigest()
    valid_after = format_time(datetime.now(UTC) - VALID)
    return Once(actor.user.id, key, digest, valid_after)


async def digest_file(path: Path) -> str:
    """The SHA-256 of a file, in hex."""

    def read() -> str:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    return await asyncio.to_thread(read)


async def made_before(store: Store, repeated: Repeated) -> Deployment:
    """The deployment that the request made when it came first.

    Raises:
        IdempotencyKeyReused: its key came with another request then.
    """
    deployment = await store.deployments.find(repeated.deployment_id)
    if not repeated.same or deployment is None:
        raise IdempotencyKeyReused(
            "This Idempotency-Key was used for another request within the last 24 hours",
            hint="Choose a new key for each request; repeat one with the very same body only.",
        )
    return deployment
