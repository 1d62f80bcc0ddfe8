"""Who sent a request: the user of its API key."""

from collections.abc import Iterable
from typing import Any, TypeAlias

from litestar import Request

from sotabox.errors import Unauthorized
from sotabox.operations import api_keys
from sotabox.operations.actor import Actor
from sotabox.store.store import Store

RawHeaders: TypeAlias = Iterable[tuple[bytes, bytes]]

_HINT = "Send it as: Authorization: Bearer sota_…"


async def identify(store: Store, headers: RawHeaders) -> Actor | Unauthorized:
    """The user of a request, or why it has none; the handlers that need one raise it.

    A cookie session of the dashboard will be a second way to be somebody.
    """
    authorization = next((value for name, value in headers if name == b"authorization"), None)
    if authorization is None:
        return Unauthorized("This request needs an API key", hint=_HINT)
    scheme, _, token = authorization.decode("latin-1").strip().partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        return Unauthorized("The Authorization header holds no API key", hint=_HINT)
    try:
        return await api_keys.authenticate(store, token.strip())
    except Unauthorized as error:
        return error


async def provide_actor(request: Request[Any, Any, Any]) -> Actor:
    """The dependency `actor`: whom the gate has recognised.

    Raises:
        Unauthorized: nobody.
    """
    found: Actor | Unauthorized = request.scope["user"]
    if isinstance(found, Unauthorized):
        raise found
    return found
