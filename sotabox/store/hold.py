"""One process a data directory: whoever serves or replaces it holds its lock."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sotabox.errors import Conflict


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
