"""Who sent a request: the user of its API key, or the partner of its partner key."""

from collections.abc import Iterable
from typing import Any, TypeAlias

from litestar import Request

from sotabox.errors import Forbidden, Unauthorized
from sotabox.operations import api_keys, partners
from sotabox.operations.actor import Actor
from sotabox.operations.partners import PartnerActor
from sotabox.store.store import Store

RawHeaders: TypeAlias = Iterable[tuple[bytes, bytes]]

_HINT = "Send it as: Authorization: Bearer sota_…"


Identity: TypeAlias = Actor | PartnerActor | Unauthorized


async def identify(store: Store, headers: RawHeaders) -> Identity:
    """The user or partner of a request, or why it has none; the handlers that need one raise it.

    A cookie session of the dashboard will be a second way to be somebody.
    """
    authorization = next((value for name, value in headers if name == b"authorization"), None)
    if authorization is None:
        return Unauthorized("This request needs an API key", hint=_HINT)
    scheme, _, token = authorization.decode("latin-1").strip().partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        return Unauthorized("The Authorization header holds no API key", hint=_HINT)
    try:
        if token.strip().startswith(partners.KEY_START):
            return await partners.authenticate(store, token.strip())
        return await api_keys.authenticate(store, token.strip())
    except Unauthorized as error:
        return error


async def provide_actor(request: Request[Any, Any, Any]) -> Actor:
    """The dependency `actor`: whom the gate has recognised.

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


async def provide_partner(request: Request[Any, Any, Any]) -> PartnerActor:
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
