"""How the command line ends: exit codes, and the words of an error.

0  done                      3  not logged in, or not allowed
1  failed by the app's fault 4  box, engine or Caddy not reachable
2  wrong use                 5  sotabox's own fault
"""

import json
from typing import Final

from sotabox.cli.columns import fold
from sotabox.errors import (
    ArchiveInvalid,
    Forbidden,
    Internal,
    RateLimited,
    SotaboxError,
    Unauthorized,
    Unavailable,
    UnknownApp,
)

DONE: Final = 0
FAILED: Final = 1
WRONG_USE: Final = 2
NOT_ALLOWED: Final = 3
NOT_REACHABLE: Final = 4
OWN_FAULT: Final = 5

# The first class that fits decides, so the narrow ones stand before the wide ones.
_CODES: Final[tuple[tuple[type[SotaboxError], int], ...]] = (
    (UnknownApp, FAILED),
    (ArchiveInvalid, FAILED),
    (Unauthorized, NOT_ALLOWED),
    (Forbidden, NOT_ALLOWED),
    (RateLimited, NOT_REACHABLE),
    (Unavailable, NOT_REACHABLE),
    (Internal, OWN_FAULT),
)


def exit_code(error: SotaboxError) -> int:
    """The exit code that tells a script which kind of failure `error` is."""
    for kind, code in _CODES:
        if isinstance(error, kind):
            return code
    return WRONG_USE if error.status < 500 else OWN_FAULT


def render_failure(error: SotaboxError, width: int | None = None) -> str:
    """What a person reads on stderr: what was wrong, each wrong field, what to do next.

    Args:
        error: what went wrong.
        width: of the terminal, on which long lines are folded between words; None folds nothing.
    """
    lines = [f"sotabox: {error.message}"]
    lines += [
        f"  {detail.field}: {detail.message}"
        for detail in error.details
        if detail.message not in error.message
    ]
    if error.hint:
        lines.append(f"  {error.hint}")
    folded = [part for line in lines for part in (fold(line, width, 2) if width else [line])]
    return "\n".join(folded)


def render_json_failure(error: SotaboxError) -> str:
    """The same for a program, on one line, in the shape that the API has."""
    shape: dict[str, object] = {"message": error.message, "code": error.code}
    if error.hint:
        shape["hint"] = error.hint
    if error.details:
        shape["details"] = [{"field": d.field, "message": d.message} for d in error.details]
    return json.dumps({"error": shape}, ensure_ascii=False)
