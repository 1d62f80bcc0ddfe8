"""Where a request comes from."""

from typing import Any

from litestar import Request

from sotabox.operations.sessions import Visitor
from sotabox.web.rate_limit import client_address, sender_address


def visitor_of(request: Request[Any, Any, Any]) -> Visitor:
    """The sender of a request, as sessions and the audit log name it."""
    client = request.scope.get("client")
    peer, headers = client[0] if client else None, dict(request.scope["headers"])
    return Visitor(
        sender_address(peer, headers),
        client_address(peer, headers),
        request.headers.get("user-agent", ""),
    )
