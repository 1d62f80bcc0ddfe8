"""API keys: made, listed, revoked, and recognised."""

import logging

from sotabox.crypto.tokens import digest_token, key_prefix, new_api_key
from sotabox.errors import Detail, Invalid, NotFound, Unauthorized, Unavailable
from sotabox.model.times import format_time, now, parse_time
from sotabox.model.user import ApiKey, User
from sotabox.operations.actor import Actor
from sotabox.store.store import Store

NAME_MAX = 100

_logger = logging.getLogger(__name__)


async def create(
    store: Store, user: User, name: str, expires_at: str | None = None
) -> tuple[ApiKey, str]:
    """A new key of a user, and its text: this is the only time that it is known.

    Args:
        store: where its digest is kept.
        user: for whom it stands.
        name: what it is for.
        expires_at: when it stops working, RFC 3339 with an offset; None: never.

    Raises:
        Invalid: the name is empty or too long, or `expires_at` is no moment in the future.
    """
    name = checked_name(name)
    until = None if expires_at is None else _checked_expiry(expires_at)
    key = new_api_key()
    row = await store.api_keys.insert(user.id, name, digest_token(key), key_prefix(key), until)
    return row, key


async def of(store: Store, actor: Actor) -> list[ApiKey]:
    """The actor's keys, oldest first."""
    return await store.api_keys.of_user(actor.user.id)


async def revoke(store: Store, actor: Actor, key_id: str) -> None:
    """Takes a key out of use, at once.

    Raises:
        NotFound: the actor has no such key.
    """
    if not await store.api_keys.delete(key_id, actor.user.id):
        raise NotFound("There is no such API key")


async def authenticate(store: Store, token: str) -> Actor:
    """The user behind a token.

    Raises:
        Unauthorized: no key is like that.
    """
    found = await store.api_keys.find_with_user(digest_token(token))
    if found is None:
        raise Unauthorized(
            "This API key is not valid",
            hint="Make one on the box with: sotabox apikey create --name NAME",
        )
    key, user = found
    moment = now()
    if key.expires_at is not None and key.expires_at <= moment:
        raise Unauthorized(f"This API key has expired at {key.expires_at}", hint="Make another.")
    # To the minute is enough for people, and spares a write a request.
    if key.last_used_at is None or key.last_used_at[:16] != moment[:16]:
        await _mark_used(store, key.id, moment)
    return Actor(user)


async def _mark_used(store: Store, key_id: str, moment: str) -> None:
    """A full disk is no reason to refuse who has a key: reading still works."""
    try:
        await store.api_keys.mark_used(key_id, moment)
    except Unavailable as error:
        _logger.warning("the use of a key is not noted: %s", error)


def checked_name(name: str) -> str:
    """A key's name as it is kept.

    Raises:
        Invalid: it is empty, too long, or can't be shown.
    """
    name = name.strip()
    if not 1 <= len(name) <= NAME_MAX or not name.isprintable():
        problem = f"use 1 to {NAME_MAX} printable characters"
        raise Invalid(f"A key's name can't be this: {problem}", details=[Detail("name", problem)])
    return name


def _checked_expiry(text: str) -> str:
    problem = "use a moment in the future, such as 2030-01-31T12:00:00Z"
    wrong = Invalid(f"expires_at: {problem}", details=[Detail("expires_at", problem)])
    try:
        moment = parse_time(text)
        if moment.tzinfo is None or (until := format_time(moment)) <= now():
            raise wrong
    except (ValueError, OverflowError) as error:
        raise wrong from error
    return until
