"""What can go wrong with the engine, told apart by who can do something about it.

The engine away or its disk full is a person's matter and becomes one of `sotabox.errors`; all else
is for the caller in this program to judge and stays an `EngineError`.
"""

from typing import Final

from sotabox.errors import DiskFull, EngineUnavailable, SotaboxError

_NO_SPACE: Final = "no space left on device"
_NO_PROCESSES: Final = "resource temporarily unavailable"


class EngineError(Exception):
    """The engine refused a call.

    Attributes: message: the engine's own words; status: HTTP status, 0 when there was none.
    """

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.status = status


class EngineNotFound(EngineError):
    """The container, image or network that a call named does not exist."""


def says_no_space(text: str) -> bool:
    """Whether the engine, or a program in a build, complains of a full disk."""
    return _NO_SPACE in text.lower()


def says_no_processes(text: str) -> bool:
    """Whether a program in a build complains that it may start no more processes or threads."""
    return _NO_PROCESSES in text.lower()


def fault_of(status: int, message: str) -> EngineError | SotaboxError:
    """The exception for an answer of the engine that is an error."""
    if says_no_space(message):
        return disk_full()
    if status == 404:
        return EngineNotFound(message, status)
    return EngineError(message, status)


def disk_full() -> DiskFull:
    """The error for an engine that can't write any more."""
    return DiskFull(
        "The disk on which Docker keeps its data is full.",
        hint="Free some space: remove unused images with 'docker image prune', or delete files.",
        of_engine=True,
    )


def unavailable(socket_path: str, cause: str) -> EngineUnavailable:
    """The error for an engine that can't be reached, or doesn't answer in time."""
    return EngineUnavailable(
        f"The Docker engine at {socket_path} does not answer: {cause}.",
        hint="Start it with 'systemctl start docker', and see 'journalctl -u docker' for why "
        "it stopped.",
    )
