"""One process a data directory: whoever serves or replaces it holds its lock."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sotabox.errors import Conflict, Unavailable

_TURN_S: Final = 60.0
_LOOK_S: Final = 0.02


@contextmanager
def held(data_dir: Path) -> Iterator[None]:
    """Holds a data directory, which is made where there is none, for the time of the block.

    Raises:
        Conflict: another sotabox serves it; says which.
    """
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (data_dir / "lock").open("a+", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            raise Conflict(
                f"Another sotabox (process {holder}) serves {data_dir}",
                hint="Stop it first, or give this one another SOTABOX_DATA_DIR.",
            ) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


@contextmanager
def alone(data_dir: Path) -> Iterator[None]:
    """Keeps other processes from the same work on a data directory, served or not, for the block.

    Waits its turn, and blocks meanwhile. The lock is on the directory itself: `held` is of the
    process that serves, beside which a command on the host may open the database as well.

    Raises:
        Unavailable: somebody else has it for a minute.
    """
    descriptor = os.open(data_dir, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        _take_turn(descriptor, data_dir)
        yield
    finally:
        os.close(descriptor)


def _take_turn(descriptor: int, data_dir: Path) -> None:
    deadline = time.monotonic() + _TURN_S
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() > deadline:
                raise Unavailable(
                    f"Another sotabox has been preparing {data_dir} for {_TURN_S:.0f} s",
                    hint="Is one stuck? Look with: ps -C sotabox",
                ) from error
            time.sleep(_LOOK_S)  # flock waits without an end, or not at all
        else:
            return
