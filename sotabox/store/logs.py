"""Logs of deployments: a file each, appended line by line, followed by any number of readers.

A line on disk is `{time} {text}` with the time in RFC 3339; its place in the file (from 0) is its
number. The file is the truth: a reader reads on from where it stopped and is only woken by us, so
that slow readers cost nothing to the writer and miss nothing.
"""

import asyncio
import logging
import os
import re
import sys
from collections import defaultdict
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from sotabox.model.times import now

#: The official client's scanner gives up at a line of 64 KiB, `data: ` and a prefix included.
LINE_MAX_BYTES: Final = 60_000
LOG_MAX_BYTES: Final = 100_000_000
#: More than a line, and little enough that whoever waits for the loop waits a few milliseconds.
_CHUNK_BYTES: Final = 64 * 1024
_PREFIX: Final = re.compile(r"\[[a-z]{1,16}\] ")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f\x80-\x9f]")

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of a deployment's log."""

    number: int
    at: str
    text: str


class Logs:
    """The log files of a box."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._readers: defaultdict[str, set[asyncio.Event]] = defaultdict(set)

    def open(self, deployment_id: str) -> "LogWriter":
        """The log of a deployment, for appending."""
        return LogWriter(self._path(deployment_id), lambda: self.wake(deployment_id))

    def wake(self, deployment_id: str) -> None:
        """Lets the readers of a log look again: it grew, or its deployment moved on."""
        for event in self._readers.get(deployment_id, ()):
            event.set()

    def wake_all(self) -> None:
        """Lets every reader look again, so that streams notice that the box closes."""
        for deployment_id in tuple(self._readers):
            self.wake(deployment_id)

    def delete(self, deployment_id: str) -> None:
        """Removes a log; an absent one is fine."""
        self._path(deployment_id).unlink(missing_ok=True)

    def read(self, deployment_id: str) -> Iterator[LogLine]:
        """All lines that are there."""
        reader = _Reader(self._path(deployment_id))
        while lines := reader.read_lines():
            yield from lines

    def window(self, deployment_id: str, *, before: int | None, limit: int) -> list[LogLine]:
        """At most `limit` lines with numbers below `before`, or the last ones. Blocks.

        Only these lines are taken apart: a page of a log of a million lines costs as much as counting
        line breaks.
        """
        path = self._path(deployment_id)
        counter, reader = _Reader(path), _Reader(path)
        end = counter.pass_all(sys.maxsize if before is None else before)
        reader.pass_all(end - limit)
        found: list[LogLine] = []
        while len(found) < limit and (lines := reader.read_lines()):
            found += lines
        return [line for line in found[:limit] if line.number < end]

    async def follow(
        self, deployment_id: str, after: int, finished: Callable[[], bool]
    ) -> AsyncGenerator[list[LogLine], None]:
        """Lines as they come, in batches; an empty batch is a sign of life after a quiet while.

        Args:
            deployment_id: whose log.
            after: the number of the last line already seen; -1 for none.
            finished: tells, whenever no more lines are there, whether none will come. What changes
                its answer must call `wake`.
        """
        reader = _Reader(self._path(deployment_id))
        left = after + 1
        while passed := reader.pass_over(left):
            left -= passed
            await asyncio.sleep(0)
        with self._subscribe(deployment_id) as woken:
            while True:
                woken.clear()
                # Asked before reading: what was written before the end is still read after it.
                last_look = finished()
                while lines := reader.read_lines():
                    if new := [line for line in lines if line.number > after]:
                        yield new
                    await asyncio.sleep(0)
                if last_look:
                    return
                try:
                    await asyncio.wait_for(woken.wait(), timeout=15)
                except TimeoutError:
                    yield []

    @contextmanager
    def _subscribe(self, deployment_id: str) -> Iterator[asyncio.Event]:
        event = asyncio.Event()
        self._readers[deployment_id].add(event)
        try:
            yield event
        finally:
            self._readers[deployment_id].discard(event)
            if not self._readers[deployment_id]:
                del self._readers[deployment_id]

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


class _Reader:
    """Reads whole lines from where it stopped; a file that is not there yet is an empty one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0
        self._number = 0  # of the next line

    def pass_all(self, count: int) -> int:
        """Passes over at most `count` lines; the number of the next one."""
        while self.pass_over(count - self._number):
            pass
        return self._number

    def pass_over(self, count: int) -> int:
        """Passes over at most `count` lines, those of one chunk, without taking them apart; how many."""
        if count <= 0:
            return 0
        data = self._chunk()
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

    def read_lines(self) -> list[LogLine]:
        data = self._chunk()
        whole = data[: data.rfind(b"\n") + 1]
        self._offset += len(whole)
        lines = []
        for line in whole.decode("utf-8", "replace").split("\n")[:-1]:
            at, _, text = line.partition(" ")
            lines.append(LogLine(self._number, at, text))
            self._number += 1
        return lines

    def _chunk(self) -> bytes:
        try:
            with self._path.open("rb", buffering=0) as file:
                file.seek(self._offset)
                return file.read(_CHUNK_BYTES)
        except FileNotFoundError:
            return b""


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
