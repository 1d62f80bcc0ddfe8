"""Session tokens: what a program gets for a password, for an hour; JSON Web Tokens.

A token is signed, so that a made-up one costs no query, and names a session's row, so that it ends at
once when that is revoked, or its user goes.

Source: RFC 7519 and 7515, with HS256 and nothing else; a token that names another algorithm is none.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import msgspec

from sotabox.crypto.tokens import digest_token
from sotabox.errors import Unauthorized
from sotabox.model.session import TOKEN_MAX
from sotabox.model.times import format_time
from sotabox.model.user import User
from sotabox.operations.actor import Actor
from sotabox.operations.sessions import Visitor, forget_dead, shown_agent
from sotabox.store.store import Store

_PURPOSE: Final = "session tokens"
_TOKEN_MAX_CHARACTERS: Final = 1000


class Claims(msgspec.Struct, frozen=True):
    """What a token says: whose it is, which session it opens, and from when to when (unix seconds)."""

    sub: str
    sid: str
    iat: int
    exp: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """A new token: the only time that it is known."""

    token: str
    user: User
    expires_at: str


def looks_like_one(token: str) -> bool:
    """Whether somebody means a session token, and not a key."""
    return token.startswith("ey") and token.count(".") == 2


def write_token(key: bytes, claims: Claims) -> str:
    """The token of these claims."""
    body = f"{_HEAD}.{_encode(msgspec.json.encode(claims))}"
    return f"{body}.{_encode(_signature(key, body))}"


def read_token(key: bytes, token: str) -> Claims | None:
    """The claims of a token that this key has signed; None for any other."""
    body, _, signature = token.rpartition(".")
    head, _, claims = body.partition(".")
    if len(token) > _TOKEN_MAX_CHARACTERS or not token.isascii() or head != _HEAD:
        return None
    if not hmac.compare_digest(signature, _encode(_signature(key, body))):
        return None
    try:
        return msgspec.json.decode(_decode(claims), type=Claims)
    except (binascii.Error, msgspec.DecodeError):
        return None


async def issue(store: Store, user: User, visitor: Visitor) -> Issued:
    """A token for a user who was recognised, and the session that it opens."""
    moment = datetime.now(UTC)
    expires_at = moment + TOKEN_MAX
    await forget_dead(store)
    session = await store.sessions.insert(
        user.id,
        digest_token(secrets.token_urlsafe(32)),  # no cookie opens it
        address=visitor.address,
        agent=shown_agent(visitor),
        now=format_time(moment),
        expires_at=format_time(expires_at),
    )
    claims = Claims(user.id, session.id, int(moment.timestamp()), int(expires_at.timestamp()))
    token = write_token(store.sealer.derived_key(_PURPOSE), claims)
    return Issued(token=token, user=user, expires_at=format_time(expires_at))


async def authenticate(store: Store, token: str) -> Actor:
    """The user behind a token.

    Raises:
        Unauthorized: it is none of ours, or its session has ended.
    """
    claims = read_token(store.sealer.derived_key(_PURPOSE), token)
    if claims is None:
        raise Unauthorized("This session token is not valid", hint="Log in again.")
    user = await store.sessions.find_user(claims.sid, format_time(datetime.now(UTC)))
    if user is None or user.id != claims.sub:
        raise Unauthorized("This session has ended", hint="Log in again.")
    return Actor(user)


async def revoke(store: Store, actor: Actor, token: str) -> bool:
    """Ends the session that a token opens; False where that is not one of the actor's."""
    claims = read_token(store.sealer.derived_key(_PURPOSE), token)
    return claims is not None and await store.sessions.delete(claims.sid, actor.user.id)


def _signature(key: bytes, body: str) -> bytes:
    return hmac.new(key, body.encode(), hashlib.sha256).digest()


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


_HEAD: Final = _encode(b'{"alg":"HS256","typ":"JWT"}')
