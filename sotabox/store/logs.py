"""Logs of deployments: a file each, appended line by line, followed by any number of readers.

A line on disk is `{time} {text}` with the time in RFC 3339; its place in the file (from 0) is its
number. The file is the truth: a reader reads on from where it stopped and is only woken by us, so
that slow readers cost nothing to the writer and miss nothing.
"""

import asyncio
import re
from collections import defaultdict
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sotabox.model.times import now

#: The official client's scanner gives up at a line of 64 KiB, `data: ` and a prefix included.
LINE_MAX: Final = 60_000
LOG_MAX_BYTES: Final = 100_000_000
_CHUNK_BYTES: Final = 256 * 1024
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f\x80-\x9f]")


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
    """Appends to one log."""

    def __init__(self, path: Path, on_growth: Callable[[], None]) -> None:
        self._path = path
        self._on_growth = on_growth
        self._size_bytes = path.stat().st_size if path.exists() else 0

    def append(self, texts: Iterable[str]) -> None:
        """Adds lines; one that is too long for the clients is split, control characters go.

        A write of whole lines to the page cache takes microseconds: it does not block the loop.
        """
        if self._size_bytes > LOG_MAX_BYTES:
            return
        at = now()
        lines = [f"{at} {part}\n" for text in texts for part in _parts(text)]
        data = "".join(lines).encode("utf-8", "replace")
        self._size_bytes += len(data)
        if self._size_bytes > LOG_MAX_BYTES:
            data += (
                f"{at} [log] This log has reached its limit of 100 MB; the rest is lost\n".encode()
            )
        with self._path.open("ab", buffering=0) as file:
            file.write(data)
        self._on_growth()


class _Reader:
    """Reads whole lines from where it stopped; a file that is not there yet is an empty one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0
        self._number = 0

    def read_lines(self) -> list[LogLine]:
        try:
            with self._path.open("rb", buffering=0) as file:
                file.seek(self._offset)
                data = file.read(_CHUNK_BYTES)
        except FileNotFoundError:
            return []
        whole = data[: data.rfind(b"\n") + 1]
        self._offset += len(whole)
        lines = []
        for line in whole.decode("utf-8", "replace").split("\n")[:-1]:
            at, _, text = line.partition(" ")
            lines.append(LogLine(self._number, at, text))
            self._number += 1
        return lines


def _parts(text: str) -> Iterator[str]:
    """`text` as lines that are safe to send; the escape character of ANSI colours is kept."""
    for line in text.splitlines() or [""]:
        clean = _CONTROL.sub("", line)
        prefix = clean[: clean.find("]") + 1] + " " if clean.startswith("[") else ""
        yield clean[:LINE_MAX]
        for start in range(LINE_MAX, len(clean), LINE_MAX):
            yield prefix + clean[start : start + LINE_MAX]
