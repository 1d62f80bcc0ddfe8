"""The backups that lie in their folder: found, and opened for whoever takes one away."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sotabox.crypto.encrypted_file import ENCRYPTED_MARK
from sotabox.errors import NotFound
from sotabox.upkeep.backup import belongs_to


@dataclass(frozen=True, slots=True)
class KeptBackup:
    """A backup's file."""

    name: str
    size_bytes: int
    made_at: datetime
    encrypted: bool


def kept_backups(folder: Path, instance_id: str) -> list[KeptBackup]:
    """A box's backups in a folder, newest first; none where it can't be read. Blocks a little."""
    try:
        names = [path.name for path in folder.iterdir() if belongs_to(path.name, instance_id)]
    except OSError:
        return []
    found = []
    for name in sorted(names, reverse=True):
        try:
            found.append(_read(folder / name))
        except OSError:  # removed, or its disk is gone, since the folder was listed
            continue
    return found


def path_of(folder: Path, instance_id: str, name: str) -> Path:
    """Where the backup of a name lies.

    Raises:
        NotFound: there is none like that: nothing else in the folder is reached by this.
    """
    if name not in {backup.name for backup in kept_backups(folder, instance_id)}:
        raise NotFound("There is no such backup in the folder", hint="Newer ones replace old ones.")
    return folder / name


def _read(path: Path) -> KeptBackup:
    with path.open("rb") as file:
        encrypted = file.read(len(ENCRYPTED_MARK)) == ENCRYPTED_MARK
    status = path.stat()
    return KeptBackup(
        path.name, status.st_size, datetime.fromtimestamp(status.st_mtime, UTC), encrypted
    )
