"""A running process by its pidfd: its end is an event, and its number can't be somebody else's."""

import asyncio
import os
import signal
from contextlib import suppress
from types import TracebackType
from typing import Self


class Handle:
    """One process, ours or adopted; use as a context, or close it."""

    def __init__(self, pid: int) -> None:
        """Take hold of the process.

        Raises:
            ProcessLookupError: it is gone already.
        """
        self.pid = pid
        self._pidfd = os.pidfd_open(pid)

    async def ended(self) -> None:
        """Return when the process has ended; a child of ours leaves no zombie."""
        loop = asyncio.get_running_loop()
        end: asyncio.Future[None] = loop.create_future()
        # A second wait on the same descriptor would replace the first one's reader.
        descriptor = os.dup(self._pidfd)
        loop.add_reader(descriptor, _settle, end)
        try:
            await end
        finally:
            loop.remove_reader(descriptor)
            os.close(descriptor)
        self._reap()

    def kill(self) -> None:
        """End it at once."""
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

    def _reap(self) -> None:
        with suppress(ChildProcessError):  # adopted: its parent, or init, takes it
            os.waitid(os.P_PIDFD, self._pidfd, os.WEXITED | os.WNOHANG)


def _settle(end: asyncio.Future[None]) -> None:
    if not end.done():
        end.set_result(None)
