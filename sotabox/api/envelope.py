"""The shapes of every answer: one thing under `data`, or a page of things with its `pagination`."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from litestar import Response

_JSON: Final = "application/json"
_encoder: Final = msgspec.json.Encoder()


class _One(msgspec.Struct):
    data: Any


class _Pagination(msgspec.Struct):
    next_cursor: str | None
    has_more: bool


class _Many(msgspec.Struct):
    data: Sequence[Any]
    pagination: _Pagination


def one(data: Any, status: int = 200) -> Response[bytes]:
    """`{"data": …}`."""
    return Response(_encoder.encode(_One(data)), status_code=status, media_type=_JSON)


def bare(data: Any, status: int = 200) -> Response[bytes]:
    """Just the thing: for the few answers that clients read without an envelope."""
    return Response(_encoder.encode(data), status_code=status, media_type=_JSON)


def many(data: Sequence[Any], next_cursor: str | None) -> Response[bytes]:
    """`{"data": […], "pagination": {…}}`; there is more exactly where there is a cursor."""
    page = _Many(data, _Pagination(next_cursor, next_cursor is not None))
    return Response(_encoder.encode(page), status_code=200, media_type=_JSON)
