"""Where a test's processes and sockets live: on this machine's own network, or on one apart from it.

`inside` runs a callable in a thread of that place; the processes and sockets that it makes belong there for
as long as they are.
"""

import ctypes
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, Protocol, TypeVar

T = TypeVar("T")

_CLONE_NEWNS: Final = 0x00020000  # linux/sched.h
_CLONE_NEWNET: Final = 0x40000000


class Inside(Protocol):
    """Gives what a callable gives that is run in a place."""

    def __call__(self, work: Callable[[], T], /) -> T:
        """It must not wait: a place has one thread."""


def here(work: Callable[[], T], /) -> T:
    """On this machine's own network."""
    return work()


class Place:
    """Network and mount name spaces, held by a thread and by whatever was started in it."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="place")
        self.inside(_part_from_the_host)

    def inside(self, work: Callable[[], T]) -> T:
        """What `work` gives, run in the place. It must not wait: there is one thread."""
        return self._thread.submit(work).result()

    def close(self) -> None:
        """Let go of it: it vanishes with its last process."""
        self._thread.shutdown()


def _part_from_the_host() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNET | _CLONE_NEWNS):
        raise OSError(ctypes.get_errno(), "no name spaces of its own: root is needed")
    run_briefly("mount", "--make-rprivate", "/")
    run_briefly("ip", "link", "set", "lo", "up")
    run_briefly("sysctl", "--write", "net.ipv4.tcp_migrate_req=1")  # as the router's unit does


def run_briefly(*command: str) -> None:
    """Runs a command that is done soon, and must succeed."""
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=30)
