"""Whether the kernel killed anything in a control group for want of memory.

A compiler's child that is killed makes its step end with any exit code: only the kernel knows why.
Version 1 tells by a file descriptor of events, and only while it happens; version 2 counts.
"""

import os
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import Self


class OomWatch:
    """Watches groups and all below them for the time of a `with` block."""

    def __init__(self, version: int, folders: Sequence[Path]) -> None:
        self._version = version
        self._folders = folders
        self._stack = ExitStack()
        self._events: list[int] = []
        self._before = 0

    def __enter__(self) -> Self:
        if self._version == 1:
            for folder in self._folders:
                with suppress(OSError):  # without it a kill is still told by exit code 137
                    self._events.append(self._register(folder))
        else:
            self._before = self._count()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def killed(self) -> bool:
        """Whether memory ran out since the block began."""
        if self._version == 2:
            return self._count() > self._before
        return any(_happened(event) for event in self._events)

    def _register(self, folder: Path) -> int:
        """A descriptor that counts how often the group ran out.

        Source: Linux, `Documentation/admin-guide/cgroup-v1/memory.rst`, "OOM Control".
        """
        event = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._stack.callback(os.close, event)
        with (folder / "memory.oom_control").open("rb") as control:
            text = f"{event} {control.fileno()}"
            (folder / "cgroup.event_control").write_text(text, encoding="ascii")
        return event

    def _count(self) -> int:
        count = 0
        for folder in self._folders:
            with suppress(OSError):
                count += read_kills((folder / "memory.events").read_text(encoding="ascii"))
        return count


def read_kills(events: str) -> int:
    """The kills that a version 2 `memory.events` counts."""
    rows = (line.split() for line in events.splitlines())
    return next((int(row[1]) for row in rows if row[0] == "oom_kill"), 0)


def _happened(event: int) -> bool:
    try:
        return os.eventfd_read(event) > 0
    except BlockingIOError:
        return False
