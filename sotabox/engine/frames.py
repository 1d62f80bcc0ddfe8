"""Container logs as the engine frames them, turned into lines (pure).

A frame is `>B3xI` (1 stdout, 2 stderr; length) and its payload; with time stamps each payload begins
with one. A line over 16 KiB comes as frames of that size, each stamped, and a rest; depending on the
log driver the rest has no newline (`local`) or has one.

Source: Docker Engine API, `POST /containers/{id}/attach`, "Stream format".
"""

import struct
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

_PIECE_BYTES: Final = 16 * 1024  # what the engine reads of a line at once
_HEADER: Final = struct.Struct(">B3xI")
_LAST_NS: Final = 253_402_300_799 * 1_000_000_000  # the end of the year 9999
_LINE_MAX_BYTES: Final = 256 * 1024  # a program that never ends its line may not fill our memory


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line that an app printed.

    Attributes:
        at: RFC 3339 with nanoseconds, as the engine stamped its first frame; a `since` to go on.
        stream: `stdout` or `stderr`.
    """

    at: str
    stream: str
    text: str


class FrameReader:
    """Joins frames, cut anywhere, into lines; frames must carry time stamps."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._open: dict[int, tuple[str, bytearray]] = {}  # by stream: a line's stamp and beginning

    def feed(self, chunk: bytes) -> list[LogLine]:
        """The lines that this piece of the stream completes."""
        self._rest += chunk
        lines = []
        position = 0
        while position + _HEADER.size <= len(self._rest):
            kind, size = _HEADER.unpack_from(self._rest, position)
            start = position + _HEADER.size
            if start + size > len(self._rest):
                break
            lines += self._frame(kind, bytes(self._rest[start : start + size]))
            position = start + size
        del self._rest[:position]
        return lines

    def finish(self) -> list[LogLine]:
        """A line whose rest never came."""
        lines = [_line(kind, at, text) for kind, (at, text) in self._open.items() if text]
        self._open.clear()
        return lines

    def _frame(self, kind: int, payload: bytes) -> list[LogLine]:
        stamp, _, piece = payload.partition(b" ")
        at, text = self._open.pop(kind, (stamp.decode("ascii", "replace"), bytearray()))
        text += piece
        if len(piece) != _PIECE_BYTES or len(text) >= _LINE_MAX_BYTES:
            return [_line(kind, at, text)]
        self._open[kind] = (at, text)
        return []


def nanoseconds(stamp: str) -> int:
    """An engine's time stamp as nanoseconds since 1970; 0 for what is none.

    >>> nanoseconds("1970-01-01T00:00:01.000000002Z")
    1000000002
    """
    seconds, _, fraction = stamp.removesuffix("Z").partition(".")
    try:
        whole = int(datetime.fromisoformat(f"{seconds}+00:00").timestamp())
        return whole * 1_000_000_000 + int(fraction.ljust(9, "0")[:9] or "0")
    except ValueError:
        return 0


def stamp(moment_ns: int) -> str:
    """A moment as an engine's time stamp.

    >>> stamp(1_000_000_002)
    '1970-01-01T00:00:01.000000002Z'
    """
    whole, fraction = divmod(min(moment_ns, _LAST_NS), 1_000_000_000)
    return f"{datetime.fromtimestamp(whole, UTC):%Y-%m-%dT%H:%M:%S}.{fraction:09d}Z"


def _line(kind: int, at: str, text: bytearray) -> LogLine:
    plain = text.decode("utf-8", "replace").removesuffix("\n").removesuffix("\r")
    return LogLine(at, "stderr" if kind == 2 else "stdout", plain)
