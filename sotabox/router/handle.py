"""A running process by its pidfd: its end is an event, and its number can't be somebody else's."""

import asyncio
import os
import signal
from contextlib import suppress
from types import TracebackType
from typing import Self


class Handle:
    """One process, our child or not; use as a context, or close it."""

    def __init__(self, pid: int, *, child: bool = False) -> None:
        """Take hold of the process.

        Args:
            pid: its number at this moment.
            child: whether we started it, and so have to collect its end.

        Raises:
            ProcessLookupError: it is gone already.
        """
        self.pid = pid
        self._child = child
        self._pidfd = os.pidfd_open(pid)

    async def ended(self) -> None:
        """Return when the process has ended; a child leaves no zombie."""
        loop = asyncio.get_running_loop()
        end: asyncio.Future[None] = loop.create_future()
        # A second wait on the same descriptor would replace the first one's reader.
        descriptor = os.dup(self._pidfd)
        loop.add_reader(descriptor, _settle, end)
        try:
            await end
            self._collect(descriptor)
        finally:
            loop.remove_reader(descriptor)
            os.close(descriptor)

    def kill(self) -> None:
        """End it at once; one that has ended is fine."""
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)

    def close(self) -> None:
        os.close(self._pidfd)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _collect(self, descriptor: int) -> None:
        if self._child:
            with suppress(ChildProcessError):  # another wait of ours was first
                os.waitid(os.P_PIDFD, descriptor, os.WEXITED | os.WNOHANG)


def _settle(end: asyncio.Future[None]) -> None:
    if not end.done():
        end.set_result(None)
