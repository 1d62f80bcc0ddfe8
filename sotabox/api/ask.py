"""`/internal/ask?domain=…`: Caddy asks before it fetches a certificate in a visitor's handshake.

Not for anybody else. What comes by Caddy from outside bears the headers that it puts on every request
it passes on; who comes from another machine is not Caddy. To both there is nothing here.
"""

from typing import Any, Final

from litestar import Request, Response, get
from litestar.di import NamedDependency

from sotabox.errors import NotFound
from sotabox.router.config import ASK_PATH
from sotabox.web.box import Box
from sotabox.web.rate_limit import is_loopback

_PASSED_ON: Final = "x-forwarded-for"


@get(ASK_PATH)
async def may_have_certificate(
    request: Request[Any, Any, Any], box: NamedDependency[Box]
) -> Response[bytes]:
    """200 where Caddy may fetch a certificate of `domain`, else 403."""
    peer = request.scope.get("client")
    if _PASSED_ON in request.headers or (peer and not is_loopback(peer[0])):
        raise NotFound("There is nothing at this address")
    allowed = box.domains.index.allows(request.query_params.get("domain", ""))
    return Response(b"", status_code=200 if allowed else 403, media_type="text/plain")


ROUTES = [may_have_certificate]
