"""Who sent a request: the user of its API key or session token, or the partner of its key."""

from collections.abc import Iterable
from typing import Any, TypeAlias

from litestar import Request
from litestar.di import NamedDependency

from sotabox.errors import Forbidden, Unauthorized
from sotabox.operations import api_keys, partners, session_tokens
from sotabox.operations.actor import Actor
from sotabox.operations.partners import PartnerActor
from sotabox.store.store import Store
from sotabox.web.box import Box

RawHeaders: TypeAlias = Iterable[tuple[bytes, bytes]]

_HINT = "Send it as: Authorization: Bearer sota_…"


Identity: TypeAlias = Actor | PartnerActor | Unauthorized


def bearer_token(headers: RawHeaders) -> str:
    """The key or session token of a request.

    Raises:
        Unauthorized: it has none.
    """
    authorization = next((value for name, value in headers if name == b"authorization"), None)
    if authorization is None:
        raise Unauthorized("This request needs an API key", hint=_HINT)
    scheme, _, token = authorization.decode("latin-1").strip().partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthorized("The Authorization header holds no API key", hint=_HINT)
    return token.strip()


async def identify(store: Store, headers: RawHeaders) -> Identity:
    """The user or partner of a request, or why it has none; the handlers that need one raise it."""
    try:
        token = bearer_token(headers)
        if token.startswith(partners.KEY_START):
            return await partners.authenticate(store, token)
        if session_tokens.looks_like_one(token):
            return await session_tokens.authenticate(store, token)
        return await api_keys.authenticate(store, token)
    except Unauthorized as error:
        return error


async def provide_actor(
    request: Request[Any, Any, Any],
    box: NamedDependency[Box],  # noqa: ARG001 - see below
) -> Actor:
    """The dependency `actor`: whom the gate has recognised.

    It needs no `box`, but comes after it: what handlers take at one time, the framework gets in
    tasks of a group, which takes longer than all else that it does for a request.

    Raises:
        Unauthorized: nobody.
        Forbidden: a partner.
    """
    found: Identity = request.scope["user"]
    if isinstance(found, Unauthorized):
        raise found
    if isinstance(found, PartnerActor):
        raise Forbidden("This is a partner's key: it is good for /v1/partner only")
    return found


async def provide_partner(
    request: Request[Any, Any, Any],
    box: NamedDependency[Box],  # noqa: ARG001 - as above
) -> PartnerActor:
    """The dependency `partner`: the same, for what partners do.

    Raises:
        Unauthorized: nobody.
        Forbidden: a user.
    """
    found: Identity = request.scope["user"]
    if isinstance(found, Unauthorized):
        raise found
    if isinstance(found, Actor):
        raise Forbidden("This needs a partner's key (sotap_…)")
    return found
