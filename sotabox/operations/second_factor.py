"""The second factor: six digits of an authenticator app, each good for one login (RFC 6238)."""

import time
from urllib.parse import quote

from sotabox.crypto.totp import totp_step
from sotabox.errors import Conflict, Detail, Invalid, Unauthorized
from sotabox.model.user import User
from sotabox.operations.actor import Actor
from sotabox.operations.sessions import Guard, Visitor
from sotabox.store.store import Store


def setup_uri(secret: str, email: str, box: str) -> str:
    """What an authenticator app opens to take a secret over.

    >>> setup_uri("ABC", "ada@box.test", "box.test")
    'otpauth://totp/box.test:ada%40box.test?secret=ABC&issuer=box.test'
    """
    label, issuer = f"{quote(box)}:{quote(email)}", quote(box)
    return f"otpauth://totp/{label}?secret={quote(secret)}&issuer={issuer}"


async def is_on(store: Store, user: User) -> bool:
    """Whether a password alone does not let this user in."""
    return await store.second_factors.find(user.id) is not None


async def turn_on(store: Store, actor: Actor, secret: str, code: str) -> None:
    """Asks for codes of `secret` from the next login on, now that an app has shown one.

    Raises:
        Conflict: there is a factor: who found a browser open must not put theirs in its place.
        Invalid: the code is not one of it; nothing was changed.
    """
    if await is_on(store, actor.user):
        raise Conflict("There is a second factor already", hint="Turn that one off first.")
    try:
        step = totp_step(secret, _digits(code), time.time())
    except ValueError as error:
        raise Invalid("This secret is damaged", hint="Begin again.") from error
    if step is None:
        problem = "this is not the code that the app shows now; is the phone's clock right?"
        raise Invalid("This code can't be used", details=[Detail("code", problem)])
    await store.second_factors.put(actor.user.id, secret)
    await store.second_factors.use(actor.user.id, step)


async def turn_off(store: Store, guard: Guard, visitor: Visitor, actor: Actor, code: str) -> None:
    """Lets a password be enough again.

    Raises:
        Invalid: the code is not a present one.
        RateLimited: too many attempts.
    """
    if not await _accepts(store, guard, visitor, actor.user, code):
        problem = "this is not the code that the app shows now, or it was used already"
        raise Invalid("This code can't be used", details=[Detail("code", problem)])
    await store.second_factors.put(actor.user.id, None)


async def users_with_one(store: Store, actor: Actor) -> set[str]:
    """The ids of those whom a password alone does not let in.

    Raises:
        Forbidden: the actor is no admin.
    """
    actor.require_admin()
    return await store.second_factors.users()


async def check(store: Store, guard: Guard, visitor: Visitor, user: User, code: str) -> None:
    """Returns for a present code that was not used before.

    Raises:
        Unauthorized: it is none.
        RateLimited: too many attempts.
    """
    if not await _accepts(store, guard, visitor, user, code):
        raise Unauthorized(
            "This is not the code that the app shows now, or it was used already",
            hint="Wait for the next one. Is the phone's clock right?",
        )


async def _accepts(store: Store, guard: Guard, visitor: Visitor, user: User, code: str) -> bool:
    guard.begin_code(visitor.client, user.id)  # attempts at once count as well
    secret = await store.second_factors.find(user.id)
    step = totp_step(secret, _digits(code), time.time()) if secret else None
    if step is None or not await store.second_factors.use(user.id, step):
        return False
    guard.forget_code(visitor.client, user.id)
    return True


def _digits(code: str) -> str:
    return "".join(code.split())[:10]
