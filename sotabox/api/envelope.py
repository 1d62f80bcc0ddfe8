"""The shapes of every answer: one thing under `data`, or a page of things with its `pagination`."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from litestar import Response
from litestar.types import ASGIApp, Receive, Scope, Send

_CONTENT_TYPE: Final = (b"content-type", b"application/json")
_encoder: Final = msgspec.json.Encoder()


class _One(msgspec.Struct):
    data: Any


class _Pagination(msgspec.Struct):
    next_cursor: str | None
    has_more: bool


class _Many(msgspec.Struct):
    data: Sequence[Any]
    pagination: _Pagination


class _Encoded(Response[bytes]):
    """JSON as it goes out. The framework's own way to two headers costs as much as a look up does."""

    def __init__(self, data: Any, status: int) -> None:
        self._body = _encoder.encode(data)
        self._status = status

    def to_asgi_response(self, *_: Any, **__: Any) -> ASGIApp:  # type: ignore[override]
        return self._send

    async def _send(self, _: Scope, __: Receive, send: Send) -> None:
        headers = [_CONTENT_TYPE, (b"content-length", b"%d" % len(self._body))]
        await send({"type": "http.response.start", "status": self._status, "headers": headers})
        await send({"type": "http.response.body", "body": self._body, "more_body": False})


def one(data: Any, status: int = 200) -> Response[bytes]:
    """`{"data": …}`."""
    return _Encoded(_One(data), status)


def bare(data: Any, status: int = 200) -> Response[bytes]:
    """Just the thing: for the few answers that clients read without an envelope."""
    return _Encoded(data, status)


def many(data: Sequence[Any], next_cursor: str | None) -> Response[bytes]:
    """`{"data": […], "pagination": {…}}`; there is more exactly where there is a cursor."""
    page = _Many(data, _Pagination(next_cursor, next_cursor is not None))
    return _Encoded(page, 200)
