"""Logs of deployments: a file each, appended line by line, followed by any number of readers.

The file is the truth: a reader reads on from where it stopped and is only woken by us, so that slow
readers cost nothing to the writer and miss nothing.
"""

import asyncio
import logging
import os
import re
import sys
from collections import defaultdict
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final
from weakref import WeakValueDictionary

from sotabox.model.times import now
from sotabox.store.log_pieces import LogLine, LogReader, Piece

#: The official client's scanner gives up at a line of 64 KiB, `data: ` and a prefix included.
LINE_MAX_BYTES: Final = 60_000
LOG_MAX_BYTES: Final = 100_000_000
_QUIET_S: Final = 15.0
_NO_LINES: Final = Piece(0, b"")
_PREFIX: Final = re.compile(r"\[[a-z]{1,16}\] ")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f\x80-\x9f]")

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Followed:
    """A log that somebody follows: who is to be woken, and the pieces that they share."""

    woken: set[asyncio.Event] = field(default_factory=set)
    pieces: WeakValueDictionary[tuple[int, int], Piece] = field(default_factory=WeakValueDictionary)


class Logs:
    """The log files of a box."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._followed = defaultdict[str, _Followed](_Followed)

    def open(self, deployment_id: str) -> "LogWriter":
        """The log of a deployment, for appending."""
        return LogWriter(self._path(deployment_id), lambda: self.wake(deployment_id))

    def wake(self, deployment_id: str) -> None:
        """Lets the readers of a log look again: it grew, or its deployment moved on."""
        if deployment_id in self._followed:
            for event in self._followed[deployment_id].woken:
                event.set()

    def wake_all(self) -> None:
        """Lets every reader look again, so that streams notice that the box closes."""
        for deployment_id in tuple(self._followed):
            self.wake(deployment_id)

    def delete(self, deployment_id: str) -> None:
        """Removes a log; an absent one is fine."""
        self._path(deployment_id).unlink(missing_ok=True)

    def read(self, deployment_id: str) -> Iterator[LogLine]:
        """All lines that are there."""
        reader = LogReader(self._path(deployment_id))
        while piece := reader.next_piece():
            yield from piece

    def window(self, deployment_id: str, *, before: int | None, limit: int) -> list[LogLine]:
        """At most `limit` lines with numbers below `before`, or the last ones. Blocks.

        Only these lines are taken apart: a page of a log of a million lines costs as much as counting
        line breaks.
        """
        path = self._path(deployment_id)
        counter, reader = LogReader(path), LogReader(path)
        end = counter.pass_all(sys.maxsize if before is None else before)
        reader.pass_all(end - limit)
        found: list[LogLine] = []
        while len(found) < limit and (piece := reader.next_piece()):
            found += piece
        return [line for line in found[:limit] if line.number < end]

    async def follow(
        self, deployment_id: str, after: int, finished: Callable[[], bool]
    ) -> AsyncGenerator[Piece, None]:
        """Lines as they come, in pieces; an empty one is a sign of life after a quiet while.

        Args:
            deployment_id: whose log.
            after: the number of the last line already seen; -1 for none.
            finished: tells, whenever no more lines are there, whether none will come. What changes
                its answer must call `wake`.
        """
        with self._join(deployment_id) as (woken, pieces):
            reader, left = LogReader(self._path(deployment_id), pieces), after + 1
            while True:
                woken.clear()
                # Asked before reading: what was written before the end is still read after it.
                last_look = finished()
                while passed := reader.pass_over(left):
                    left -= passed
                    await asyncio.sleep(0)
                while piece := None if left > 0 else reader.next_piece():
                    yield piece
                    await asyncio.sleep(0)
                if last_look:
                    return
                try:
                    await asyncio.wait_for(woken.wait(), timeout=_QUIET_S)
                except TimeoutError:
                    yield _NO_LINES

    @contextmanager
    def _join(
        self, deployment_id: str
    ) -> Iterator[tuple[asyncio.Event, WeakValueDictionary[tuple[int, int], Piece]]]:
        followed, event = self._followed[deployment_id], asyncio.Event()
        followed.woken.add(event)
        try:
            yield event, followed.pieces
        finally:
            followed.woken.discard(event)
            if not followed.woken:
                del self._followed[deployment_id]

    def _path(self, deployment_id: str) -> Path:
        return self._directory / f"{deployment_id}.log"


class LogWriter:
    """Appends to one log; several may write to the same one."""

    def __init__(self, path: Path, on_growth: Callable[[], None]) -> None:
        self._path = path
        self._on_growth = on_growth

    def append(self, texts: Iterable[str]) -> None:
        """Adds lines; one that is too long for the clients is split, control characters go.

        A write of whole lines to the page cache takes microseconds: it does not block the loop. A
        disk that takes no more costs lines of the log, not the deployment that writes them.
        """
        at = now().encode()
        data = b"".join(at + b" " + part + b"\n" for text in texts for part in _parts(text))
        try:
            grown = self._write(data, at)
        except OSError as error:
            _logger.warning("lines of %s are lost: %s", self._path.name, error)
            return
        if grown:
            self._on_growth()

    def _write(self, data: bytes, at: bytes) -> bool:
        """Whether anything was written: a log that has reached its limit takes no more."""
        with self._path.open("ab+", buffering=0) as file:
            size_bytes = file.seek(0, os.SEEK_END)
            if size_bytes > LOG_MAX_BYTES:
                return False
            if size_bytes and _last_byte(file, size_bytes) != b"\n":
                data = b"\n" + data  # a full disk, or a power cut, has cut the last line off
            if size_bytes + len(data) > LOG_MAX_BYTES:
                data += at + b" [log] This log has reached its limit of 100 MB; the rest is lost\n"
            file.write(data)
        return True


def _last_byte(file: BinaryIO, size_bytes: int) -> bytes:
    file.seek(size_bytes - 1)
    return file.read(1)


def _parts(text: str) -> Iterator[bytes]:
    """`text` as lines that are safe to send; the escape character of ANSI colours is kept."""
    for line in text.splitlines() or [""]:
        clean = _CONTROL.sub("", line)
        prefix = match[0].encode() if (match := _PREFIX.match(clean)) else b""
        first, *others = _cut(clean.encode("utf-8", "replace"))
        yield first
        for other in others:
            yield prefix + other


def _cut(data: bytes) -> Iterator[bytes]:
    """UTF-8 in pieces of at most `LINE_MAX_BYTES`, none of which ends within a character."""
    start = 0
    while len(data) - start > LINE_MAX_BYTES:
        end = start + LINE_MAX_BYTES
        while data[end] & 0xC0 == 0x80:  # the second to fourth byte of a character
            end -= 1
        yield data[start:end]
        start = end
    yield data[start:]
