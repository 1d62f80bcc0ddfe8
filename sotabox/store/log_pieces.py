"""Pieces of logs: the whole lines that are read at a time, shared by all who follow a log.

A line on disk is `{time} {text}` with the time in RFC 3339; its place in the file (from 0) is its
number.
"""

from collections.abc import Callable, Iterator, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias
from weakref import WeakValueDictionary

#: More than a line, and little enough that whoever waits for the loop waits a few milliseconds.
_PIECE_BYTES: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of a deployment's log."""

    number: int
    at: str
    text: str


class Piece:
    """Lines that follow one another, as they are in the file.

    All who are at one place of a log have the same object: hundreds of readers take as much memory,
    and as much of the event loop's time, as one of them.
    """

    __slots__ = ("__weakref__", "_data", "_first", "_rendered")

    def __init__(self, first: int, data: bytes) -> None:
        """Whole lines, with the number of the first."""
        self._first = first
        self._data = data
        self._rendered: dict[Callable[[LogLine], bytes], bytes] = {}

    @property
    def size_bytes(self) -> int:
        """How much of the file it is."""
        return len(self._data)

    def __len__(self) -> int:
        return self._data.count(b"\n")

    def __iter__(self) -> Iterator[LogLine]:
        lines = self._data.decode("utf-8", "replace").split("\n")[:-1]
        for number, line in enumerate(lines, self._first):
            at, _, text = line.partition(" ")
            yield LogLine(number, at, text)

    def rendered(self, render: Callable[[LogLine], bytes]) -> bytes:
        """What `render` makes of all lines, made once for all who ask with the same function."""
        if (done := self._rendered.get(render)) is None:
            done = self._rendered[render] = b"".join(map(render, self))
        return done


#: The pieces that somebody has at this moment, by where they begin and how much was there to read.
Shared: TypeAlias = MutableMapping[tuple[int, int], Piece]


class LogReader:
    """Reads whole lines from where it stopped; a file that is not there yet is an empty one."""

    def __init__(self, path: Path, shared: Shared | None = None) -> None:
        self._path = path
        self._shared: Shared = WeakValueDictionary() if shared is None else shared
        self._offset = 0
        self._number = 0  # of the next line

    def pass_all(self, count: int) -> int:
        """Passes over at most `count` lines; the number of the next one."""
        while self.pass_over(count - self._number):
            pass
        return self._number

    def pass_over(self, count: int) -> int:
        """Passes over at most `count` lines of one piece, without taking them apart; how many."""
        if count <= 0:
            return 0
        data = self._read(_PIECE_BYTES)
        breaks = data.count(b"\n")
        if breaks <= count:
            end = data.rfind(b"\n") + 1
        else:
            breaks, end = count, 0
            for _ in range(count):
                end = data.index(b"\n", end) + 1
        self._offset += end
        self._number += breaks
        return breaks

    def next_piece(self) -> Piece | None:
        """The next lines; None where there are none yet."""
        ahead = min(self._size_bytes() - self._offset, _PIECE_BYTES)
        if ahead <= 0:
            return None
        place = (self._offset, ahead)
        if (piece := self._shared.get(place)) is None:
            data = self._read(ahead)
            whole = data[: data.rfind(b"\n") + 1]
            if not whole:
                return None
            piece = self._shared[place] = Piece(self._number, whole)
        self._offset += piece.size_bytes
        self._number += len(piece)
        return piece

    def _size_bytes(self) -> int:
        try:
            return self._path.stat().st_size
        except FileNotFoundError:
            return 0

    def _read(self, size_bytes: int) -> bytes:
        try:
            with self._path.open("rb", buffering=0) as file:
                file.seek(self._offset)
                return file.read(size_bytes)
        except FileNotFoundError:
            return b""
