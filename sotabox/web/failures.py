"""The one place where errors become HTTP.

Ours are shown as they are; the framework's are put into our words; anything else is shown as a bare
id, under which the log holds the traceback.
"""

import errno
import logging
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.types import Send

from sotabox.errors import (
    BadRequest,
    Detail,
    DiskFull,
    Internal,
    MethodNotAllowed,
    NotFound,
    RateLimited,
    SotaboxError,
    TooLarge,
    Unauthorized,
    Unavailable,
    UnsupportedMediaType,
)

_log = logging.getLogger(__name__)
_JSON: Final = "application/json"
_FROM_FRAMEWORK: Final[dict[int, tuple[type[SotaboxError], str]]] = {
    404: (NotFound, "There is nothing at this address"),
    405: (MethodNotAllowed, "This address does not answer to that method"),
    413: (TooLarge, "The request is too large"),
    415: (UnsupportedMediaType, "This kind of content is not accepted here"),
}


class _Wire(msgspec.Struct, omit_defaults=True):
    message: str
    code: str
    hint: str | None = None
    details: tuple[Detail, ...] = ()


class _Envelope(msgspec.Struct):
    error: _Wire


@dataclass(frozen=True, slots=True)
class Failure:
    """An error as it goes over the wire."""

    status: int
    headers: dict[str, str]
    body: bytes


def translate(error: Exception) -> SotaboxError:
    """`error` as one of ours; what nobody foresaw goes to the log under the id that is shown."""
    if isinstance(error, SotaboxError):
        if error.status == 500:
            _log.error("a request failed: %s", error, exc_info=error)
        return error
    if isinstance(error, HTTPException) and error.status_code < 500:
        kind, message = _FROM_FRAMEWORK.get(error.status_code, (BadRequest, error.detail))
        return kind(message)
    if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return DiskFull("The disk of this box is full", hint="Free some space and try again.")
    id_ = secrets.token_hex(6)
    _log.error("unforeseen error %s", id_, exc_info=error)
    return Internal(
        f"Something went wrong inside sotabox (error {id_})",
        hint=f"The log of sotabox on the box has the details under {id_}.",
    )


def render(error: SotaboxError) -> Failure:
    """Status, headers and body that tell a client of `error`."""
    wire = _Wire(error.message, error.code, error.hint, error.details)
    headers = {"content-type": _JSON}
    if isinstance(error, Unauthorized):
        headers["www-authenticate"] = "Bearer"
    if isinstance(error, RateLimited | Unavailable):
        headers["retry-after"] = str(error.retry_after_s)
    return Failure(error.status, headers, msgspec.json.encode(_Envelope(wire)))


def answer(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Litestar's handler of every exception."""
    failure = render(translate(error))
    if failure.status == 405:
        failure.headers["allow"] = ", ".join(_allowed(request))
    return Response(
        failure.body, status_code=failure.status, headers=failure.headers, media_type=_JSON
    )


async def send_failure(error: Exception, send: Send) -> None:
    """Answers with an error where Litestar is not involved."""
    failure = render(translate(error))
    headers = [(name.encode(), value.encode()) for name, value in failure.headers.items()]
    headers.append((b"content-length", b"%d" % len(failure.body)))
    await send({"type": "http.response.start", "status": failure.status, "headers": headers})
    await send({"type": "http.response.body", "body": failure.body, "more_body": False})


def _allowed(request: Request[Any, Any, Any]) -> list[str]:
    """The methods of the address that was asked, which RFC 9110 wants in a 405."""
    parts = [part for part in request.scope["path"].split("/") if part]
    methods = {
        method
        for route in request.app.routes
        if _fits(route.path_components, parts)
        for method in getattr(route, "methods", ())
    }
    return sorted(methods | ({"HEAD"} if "GET" in methods else set()))


def _fits(components: Iterable[Any], parts: list[str]) -> bool:
    components = list(components)
    return len(components) == len(parts) and all(
        not isinstance(component, str) or component == part
        for component, part in zip(components, parts, strict=True)
    )
