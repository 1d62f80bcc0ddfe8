"""Figures and moments in words, the same on every page (pure)."""

from datetime import datetime
from typing import Final

from sotabox.model.deployment import Source, Status
from sotabox.model.times import parse_time

#: A state is a word, a shape and a tone: colour alone tells nobody anything.
SHAPES: Final = {
    Status.PENDING: ("○", "idle"),
    Status.BUILDING: ("◐", "busy"),
    Status.BUILT: ("◑", "busy"),
    Status.DEPLOYING: ("◔", "busy"),
    Status.RUNNING: ("●", "ok"),
    Status.FAILED: ("✕", "bad"),
    Status.STOPPED: ("□", "idle"),
}
SOURCES: Final = {
    Source.ARCHIVE: "archive",
    Source.IMAGE: "image",
    Source.GIT: "Git",
    Source.REDEPLOY: "redeploy",
    Source.ROLLBACK: "rollback",
}
#: The phases of a deployment in their order, as the bar names them.
PHASES: Final = (
    "upload",
    "queue",
    "fetch",
    "pull",
    "build",
    "release",
    "start",
    "health",
    "swap",
    "drain",
)

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


def ago(then: str, now: datetime) -> str:
    """How long ago a moment was, as one says it; later than a day, the date.

    >>> from datetime import UTC
    >>> ago("2026-03-01T12:00:00.000Z", datetime(2026, 3, 1, 14, 30, tzinfo=UTC))
    '2 h ago'
    """
    moment = parse_time(then)
    seconds = (now - moment).total_seconds()
    if seconds < 10:
        return "just now"
    if seconds < _MINUTE:
        return f"{seconds:.0f} s ago"
    if seconds < _HOUR:
        return f"{seconds // _MINUTE:.0f} min ago"
    if seconds < _DAY:
        return f"{seconds // _HOUR:.0f} h ago"
    return f"{moment.day} {moment:%b %Y}"


def size(size_bytes: float) -> str:
    """Bytes in powers of ten, with one decimal from MB on.

    >>> size(1_234_567)
    '1.2 MB'
    """
    if size_bytes < 1000:
        return f"{size_bytes:.0f} B"
    if size_bytes < 999_500:
        return f"{size_bytes / 1e3:.0f} kB"
    if size_bytes < 999_950_000:
        return f"{size_bytes / 1e6:.1f} MB"
    return f"{size_bytes / 1e9:.1f} GB"


def duration(ms: float) -> str:
    """Milliseconds as one says them.

    >>> duration(4123)
    '4.1 s'
    """
    if ms < 1000:
        return f"{ms:.0f} ms"
    if ms < 59_950:
        return f"{ms / 1000:.1f} s"
    minutes, seconds = divmod(round(ms / 1000), 60)
    if minutes < 60:
        return f"{minutes} min {seconds} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min"


def count(number: int, thing: str) -> str:
    """A number of things.

    >>> count(1, "variable"), count(1204, "request")
    ('1 variable', '1,204 requests')
    """
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def clock(then: str) -> str:
    """A moment with its date, in UTC, for where it is hovered.

    >>> clock("2026-03-01T12:00:05.123Z")
    '2026-03-01 12:00:05 UTC'
    """
    return f"{parse_time(then):%Y-%m-%d %H:%M:%S} UTC"
