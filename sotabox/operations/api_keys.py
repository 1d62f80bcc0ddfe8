"""API keys: made, listed, revoked, and recognised."""

from sotabox.crypto import digest_token, key_prefix, new_api_key
from sotabox.errors import Invalid, NotFound, Unauthorized
from sotabox.model.times import now
from sotabox.model.user import ApiKey, User
from sotabox.operations.actor import Actor
from sotabox.store.store import Store

NAME_MAX = 100


async def create(store: Store, user: User, name: str) -> tuple[ApiKey, str]:
    """A new key of a user, and its text: this is the only time that it is known.

    Raises:
        Invalid: the name is empty or too long.
    """
    if not 1 <= len(name.strip()) <= NAME_MAX:
        raise Invalid(f"A key's name has 1 to {NAME_MAX} characters")
    key = new_api_key()
    row = await store.api_keys.insert(user.id, name.strip(), digest_token(key), key_prefix(key))
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
    # To the minute is enough for people, and spares a write a request.
    if key.last_used_at is None or key.last_used_at[:16] != moment[:16]:
        await store.api_keys.mark_used(key.id, moment)
    return Actor(user)
