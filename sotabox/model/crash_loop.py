"""A crash loop: an app that serves, ends by itself again and again, and is started anew each time."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

import msgspec

#: As often as this within the window, and it is a loop: one crash in a night is none.
CRASHES: Final = 3
WINDOW_S: Final = 300.0
#: Without a crash for so long it is over. The engine waits up to a minute between two starts.
QUIET_S: Final = 300.0


class Health(StrEnum):
    """How an app that serves is."""

    HEALTHY = "healthy"
    DEGRADED = "degraded"  # it ends by itself again and again: its visitors meet gaps


class CrashLoop(msgspec.Struct, frozen=True, kw_only=True):
    """A crash loop of a deployment, as it is or was.

    Attributes:
        restarts: how often the engine had to start the container again, since it was made.
        exit_code: of the last run; None where that was missed.
        out_of_memory: whether a process had just been killed for that.
        since, last_at: the crash that made it a loop, and the last one. RFC 3339.
        over: whether it has been quiet since.
    """

    restarts: int
    exit_code: int | None
    out_of_memory: bool
    since: str
    last_at: str
    over: bool = False


def is_loop(crashes: Sequence[float], now: float) -> bool:
    """Whether crashes at these times, in seconds, are a loop at the time `now`."""
    return sum(now - at <= WINDOW_S for at in crashes) >= CRASHES
