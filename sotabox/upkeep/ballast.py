"""Space put by for the moment when there is no other left.

On a full disk the database can't note what was removed, and a person can't log in to remove it. Giving
up the ballast makes room for that. It is put by again once the disk has enough.
"""

import os
from typing import Final

from sotabox.store.folders import Folders

BALLAST_BYTES: Final = 64_000_000
_MB: Final = 1_000_000


def keep_ballast(folders: Folders, free_bytes: int, floor_mb: int) -> bool:
    """Puts the ballast by, unless it is there or the disk could miss it; whether it is there."""
    if folders.ballast.exists():
        return True
    if floor_mb == 0 or free_bytes < 2 * floor_mb * _MB + BALLAST_BYTES:
        return False
    part = folders.ballast.with_suffix(".part")
    try:
        with part.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, BALLAST_BYTES)  # blocks of its own, not a hole
        part.rename(folders.ballast)
    except OSError:
        part.unlink(missing_ok=True)
        raise
    return True


def drop_ballast(folders: Folders) -> bool:
    """Gives the ballast up; whether there was one."""
    try:
        folders.ballast.unlink()
    except FileNotFoundError:
        return False
    return True
