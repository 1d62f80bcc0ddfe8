"""Device logins: a program shows a code, a person confirms it in the browser, the program gets a key.

    begin     the program gets its own long code, and a short one for the person   (device-code)
    approve   the person, logged in, says that the short code is theirs              (the page)
    redeem    the program asks with its code until it gets a key, once               (device-token)

Source: RFC 8628, in the shape that the official command line speaks.
"""

import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sotabox.crypto.tokens import digest_token, key_prefix, new_api_key
from sotabox.errors import ApprovalPending, Gone, NotFound, RateLimited
from sotabox.model.device_login import (
    AGE_MAX,
    INTERVAL,
    INTERVAL_TOLERANCE,
    REMEMBERED,
    USER_CODE_LENGTH,
    USER_CODE_LETTERS,
    WAITING_MAX,
    DeviceLogin,
    format_user_code,
    read_user_code,
)
from sotabox.model.times import format_time, parse_time
from sotabox.operations.actor import Actor
from sotabox.operations.throttle import Throttle
from sotabox.store.store import Store

_KEY_NAME: Final = "Device login"


@dataclass(frozen=True, slots=True, kw_only=True)
class Codes:
    """What a device gets at the beginning; the only time that its codes are known."""

    device_code: str
    user_code: str
    expires_in_s: int
    interval_s: int


async def begin(store: Store) -> Codes:
    """A new login that waits for somebody.

    Raises:
        RateLimited: too many wait already.
    """
    device_code = secrets.token_urlsafe(32)
    letters = (secrets.choice(USER_CODE_LETTERS) for _ in range(USER_CODE_LENGTH))
    user_code = format_user_code("".join(letters))
    moment = datetime.now(UTC)
    kept = await store.device_logins.insert(
        digest_token(device_code),
        digest_token(user_code),
        format_time(moment),
        made_after=format_time(moment - AGE_MAX),
        forget_before=format_time(moment - REMEMBERED),
        at_most=WAITING_MAX,
    )
    if not kept:
        raise RateLimited(
            "Too many devices are waiting to be let in",
            retry_after_s=60,
            hint="Try again in a minute, or make a key with: sotabox apikey create --name NAME",
        )
    return Codes(
        device_code=device_code,
        user_code=user_code,
        expires_in_s=round(AGE_MAX.total_seconds()),
        interval_s=round(INTERVAL.total_seconds()),
    )


async def redeem(store: Store, device_code: str) -> str:
    """A new key of whoever let the device in; this is the only time that it is known.

    Raises:
        ApprovalPending: nobody has, so far.
        RateLimited: nobody has, and the device asks more often than it was told to.
        Gone: nobody has, in time.
        NotFound: there is no such login, or it was used or refused.
    """
    device_hash = digest_token(device_code)
    login = await store.device_logins.find(device_hash)
    moment = datetime.now(UTC)
    if login is None:
        raise _unknown()
    if moment - parse_time(login.created_at) >= AGE_MAX:
        raise Gone("This login has expired", hint="Start it again on the device.")
    if login.user_id is None:
        await _pace(store, login, moment)
        raise ApprovalPending(
            "Nobody has confirmed this login yet",
            hint=f"Ask again in {round(INTERVAL.total_seconds())} s.",
        )
    key = new_api_key()
    redeemed = await store.device_logins.redeem(
        device_hash,
        name=f"{_KEY_NAME} {format_time(moment)[:10]}",
        key_hash=digest_token(key),
        key_prefix=key_prefix(key),
        now=format_time(moment),
    )
    if not redeemed:
        raise _unknown()
    return key


async def require_waiting(store: Store, throttle: Throttle, actor: Actor, user_code: str) -> str:
    """The code as it is written, if a device waits with it: what a page asks before it confirms.

    Raises:
        NotFound: none does.
        RateLimited: the actor has guessed too often.
    """
    code = read_user_code(user_code)
    _guess(throttle, actor)
    if not await store.device_logins.is_waiting(digest_token(code), made_after=_oldest()):
        raise _nothing_waits()
    throttle.forget(actor.user.id)
    return code


async def approve(store: Store, throttle: Throttle, actor: Actor, user_code: str) -> None:
    """Lets the device that shows `user_code` in, as the actor.

    Raises:
        NotFound: no device waits with it (any more).
        RateLimited: the actor has guessed too often.
    """
    code = digest_token(read_user_code(user_code))
    _guess(throttle, actor)
    if not await store.device_logins.approve(code, actor.user.id, made_after=_oldest()):
        raise _nothing_waits()
    throttle.forget(actor.user.id)


async def refuse(store: Store, throttle: Throttle, actor: Actor, user_code: str) -> None:
    """Sends the device that shows `user_code` away; raises as `approve`."""
    code = digest_token(read_user_code(user_code))
    _guess(throttle, actor)
    if not await store.device_logins.refuse(code, made_after=_oldest()):
        raise _nothing_waits()
    throttle.forget(actor.user.id)


def _guess(throttle: Throttle, actor: Actor) -> None:
    moment_s = time.monotonic()
    throttle.require(actor.user.id, moment_s)
    throttle.fail(actor.user.id, moment_s)  # until shown otherwise: guesses at once count as well


async def _pace(store: Store, login: DeviceLogin, moment: datetime) -> None:
    await store.device_logins.mark_polled(login.device_hash, format_time(moment))
    if login.polled_at is None:
        return
    since = moment - parse_time(login.polled_at)
    if timedelta() <= since < INTERVAL - INTERVAL_TOLERANCE:
        raise RateLimited(
            "This login is asked for too often",
            retry_after_s=round(INTERVAL.total_seconds()),
            hint="Keep to the interval that the login began with.",
        )


def _oldest() -> str:
    return format_time(datetime.now(UTC) - AGE_MAX)


def _unknown() -> NotFound:
    return NotFound("There is no such login, or it was used already")


def _nothing_waits() -> NotFound:
    return NotFound(
        "No device waits with this code",
        hint="Compare it with the one that the device shows; it is good for ten minutes.",
    )
