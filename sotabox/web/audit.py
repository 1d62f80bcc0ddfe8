"""What goes into the audit log: every request that may change something, by somebody we know.

It is written when the answer is known and before it is sent, so that who was told that something is
done finds it in the log.
"""

from typing import Final

from litestar.enums import ScopeType
from litestar.types import Message, Scope, Send

from sotabox.operations import audit
from sotabox.operations.actor import Actor
from sotabox.web.box import Box
from sotabox.web.rate_limit import sender_address

_LOOKS_ONLY: Final = frozenset({"GET", "OPTIONS"})


def audited(send: Send, scope: Scope, box: Box) -> Send:
    """`send`, which notes a request before its answer; as it is for one that only looks."""
    if scope["type"] != ScopeType.HTTP or scope["method"] in _LOOKS_ONLY:
        return send

    async def noting(message: Message) -> None:
        if message["type"] == "http.response.start" and isinstance(scope.get("user"), Actor):
            await _note(scope, box, message["status"])
        await send(message)

    return noting


async def _note(scope: Scope, box: Box, status: int) -> None:
    handler = scope.get("route_handler")
    if handler is None or not isinstance(actor := scope.get("user"), Actor):
        return
    client = scope.get("client")
    await audit.record(
        box.store,
        audit.Who.of(actor),
        handler.handler_name,
        {name: str(value) for name, value in scope.get("path_params", {}).items()},
        sender_address(client[0] if client else None, dict(scope["headers"])),
        status,
    )
