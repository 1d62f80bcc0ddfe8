"""`/v1/openapi.json`: the API's description, for programs; needs no key."""

from collections.abc import Callable
from functools import cache
from typing import Any, Final

import msgspec
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from sotabox.api.contract import bare_of, contract

_JSON: Final = "application/json"


def document_route(render: Callable[[], dict[str, Any]]) -> HTTPRouteHandler:
    """The route that sends what `render` gives, which is asked once, when somebody wants it."""

    @cache
    def encoded() -> bytes:
        return msgspec.json.encode(render())

    @get("/openapi.json", opt=contract(bare_of(dict[str, Any])))
    async def get_openapi() -> Response[bytes]:
        """This description of the API, as OpenAPI 3.1."""
        return Response(encoded(), media_type=_JSON)

    return get_openapi
