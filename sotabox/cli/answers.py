"""What a box answers when it does not do as asked, as errors that the command line explains."""

import json
from typing import Any, Final

from sotabox.errors import (
    ApprovalPending,
    BadRequest,
    Conflict,
    Detail,
    Forbidden,
    Gone,
    Internal,
    Invalid,
    NotFound,
    RateLimited,
    SotaboxError,
    TooLarge,
    Unauthorized,
    Unavailable,
)

#: By status, for what is no error of a box's, such as a proxy's.
_BY_STATUS: Final[dict[int, type[SotaboxError]]] = {
    400: BadRequest,
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    410: Gone,
    413: TooLarge,
    428: ApprovalPending,
    429: RateLimited,
    502: Unavailable,
    503: Unavailable,
    504: Unavailable,
}
_SHOWN: Final = 200


def failure_of(status: int, body: bytes, retry_after: str | None = None) -> SotaboxError:
    """The error in an answer with an error's status; also where a proxy between us wrote it."""
    message, hint, code, details = _read(status, body)
    other = Internal if status >= 500 else Invalid
    kind = _by_code(SotaboxError).get(code) or _BY_STATUS.get(status, other)
    if issubclass(kind, RateLimited):
        seconds = int(retry_after) if retry_after and retry_after.isdigit() else 1
        return kind(message, retry_after_s=seconds, hint=hint)
    if issubclass(kind, Unavailable):
        return kind(message, hint=hint)
    return kind(message, hint=hint, details=details)


def _by_code(root: type[SotaboxError]) -> dict[str, type[SotaboxError]]:
    """The errors below `root` by their code; where two share one, the wider."""
    found: dict[str, type[SotaboxError]] = {}
    for kind in root.__subclasses__():
        found = {**_by_code(kind), **found, kind.code: kind}
    return found


def _read(status: int, body: bytes) -> tuple[str, str | None, str, list[Detail]]:
    try:
        error: dict[str, Any] = json.loads(body)["error"]
        details = [Detail(row["field"], row["message"]) for row in error.get("details") or ()]
        return str(error["message"]), error.get("hint"), str(error.get("code", "")), details
    except (ValueError, KeyError, TypeError, AttributeError):
        text = " ".join(body.decode(errors="replace").split())[:_SHOWN]
        return f"The box answered {status}: {text or 'nothing'}", None, "", []
