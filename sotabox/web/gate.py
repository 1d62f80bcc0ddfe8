"""What stands before every handler: who asks, how often, and what every response carries."""

import logging
import time
from collections.abc import Sequence
from typing import Final

from litestar.enums import HttpMethod, ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from litestar.utils import normalize_path

from sotabox.errors import RateLimited
from sotabox.operations.actor import Actor
from sotabox.operations.partners import PartnerActor
from sotabox.web.actor import Identity, RawHeaders, identify
from sotabox.web.audit import audited
from sotabox.web.body import Incoming
from sotabox.web.box import Box
from sotabox.web.failures import send_failure
from sotabox.web.rate_limit import Allowance, RateLimit, client_address

_log = logging.getLogger(__name__)

API_PREFIX: Final = "/v1"

#: A handler that needs another value sends the header itself.
_EVERYWHERE: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
)
_IN_API: Final = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)
_BODY_HEADERS: Final = frozenset({b"content-length", b"transfer-encoding"})


class Gate:
    """Wraps the application; outside of its routing, so that a 404 is counted and dressed as well.

    It leaves who asks, or the `Unauthorized` that stands in for somebody, as the scope's `user`.
    """

    def __init__(self, app: ASGIApp, box: Box) -> None:
        self._app = app
        self._box = box
        self._limit = RateLimit(box.settings.rate_limit)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request.

        A body that nobody read is read after the answer, so that its sender gets to see it.
        """
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        if scope["method"] == HttpMethod.HEAD:
            # Wherever a GET is answered: of that answer the server leaves the body out (RFC 9110, 9.3.2).
            scope["method"] = HttpMethod.GET
        incoming = Incoming(receive)
        try:
            if is_api(scope["path"]):
                await self._serve_api(scope, incoming, send)
            else:
                noting = audited(_dressed(send, _EVERYWHERE), scope, self._box)
                await self._app(scope, incoming, noting)
        except Exception:
            # The answer is under way already: all that is left is to break it off, and to say why.
            _log.exception("a response broke off: %s %r", scope["method"], scope["path"])
            raise
        if not _BODY_HEADERS.isdisjoint(name for name, _ in scope["headers"]):
            await incoming.linger()

    async def _serve_api(self, scope: Scope, receive: Receive, send: Send) -> None:
        dress = [*_EVERYWHERE, *_IN_API]
        try:
            user = await identify(self._box.store, scope["headers"])
        except Exception as error:  # noqa: BLE001  a root: Litestar's handlers are further in
            await send_failure(error, _dressed(send, dress))
            return
        scope["user"] = user
        if self._box.settings.rate_limit:
            allowance = self._limit.take(_client(scope, user), time.time())
            dress += allowance.headers
            if allowance.exceeded:
                await send_failure(_rate_limited(allowance), _dressed(send, dress))
                return
        await self._app(scope, receive, audited(_dressed(send, dress), scope, self._box))


def is_api(path: str) -> bool:
    """Whether the application will route a path to the API.

    It takes several slashes for one, so what is compared here is what it compares: `//v1/…` would
    pass uncounted, and by nobody, otherwise.
    """
    return normalize_path(path).startswith(API_PREFIX)


def _client(scope: Scope, user: Identity) -> str:
    """For whom a request counts: its user, or where it came from, bad keys included."""
    if isinstance(user, Actor):
        return user.user.id
    if isinstance(user, PartnerActor):
        return user.partner.id
    peer = scope.get("client")
    return client_address(peer[0] if peer else None, dict(scope["headers"]))


def _rate_limited(allowance: Allowance) -> RateLimited:
    wait_s = max(1, allowance.reset_at - int(time.time()))
    return RateLimited(
        f"More than {allowance.limit} requests in a minute",
        retry_after_s=wait_s,
        hint=f"Go on in {wait_s} s.",
    )


def _dressed(send: Send, extra: Sequence[tuple[bytes, bytes]]) -> Send:
    """`send`, with headers added to the response where it does not say otherwise."""

    async def dressed(message: Message) -> None:
        if message["type"] == "http.response.start":
            given: RawHeaders = message.get("headers", ())
            names = {name.lower() for name, _ in given}
            message["headers"] = [*given, *[pair for pair in extra if pair[0] not in names]]
        await send(message)

    return dressed
