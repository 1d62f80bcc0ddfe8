"""Room for what a backup needs for a while: one work at a time, nothing left by one that was killed."""

import errno
import fcntl
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Final

from sotabox.errors import Conflict, DiskFull, SotaboxError, Unavailable
from sotabox.store.folders import Folders

_LOCK: Final = "lock"
_PART: Final = ".part"


@contextmanager
def scratch_folder(folders: Folders) -> Iterator[Path]:
    """An empty folder in the data directory for the time of the block.

    Raises:
        Conflict: another backup of this box is at work.
    """
    with _locked(folders):
        _clear(folders.scratch)
        work = folders.scratch / "work"
        work.mkdir(mode=0o700)
        try:
            yield work
        finally:
            _clear(folders.scratch)


def clear_scratch(folders: Folders) -> None:
    """Removes what a backup that was killed left, a copy of the database; one at work goes on."""
    with suppress(Conflict), _locked(folders):
        _clear(folders.scratch)


@contextmanager
def _locked(folders: Folders) -> Iterator[None]:
    folders.scratch.mkdir(exist_ok=True, mode=0o700)
    with (folders.scratch / _LOCK).open("w", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Conflict(
                "Another backup of this box is being made", hint="Try again when it is done."
            ) from error
        try:
            yield
        finally:
            # Closing is not enough: a process that was forked meanwhile may still share the lock.
            fcntl.flock(lock, fcntl.LOCK_UN)


def _clear(folder: Path) -> None:
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != _LOCK:
            path.unlink()


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """A new file that appears under its name when the block has ended well, and all is on disk.

    Until then it has no name, so that a kill leaves nothing; on file systems that can't do that it
    is `.NAME.….part`, and the next call for the same folder removes those of before.

    Raises:
        Conflict: there is such a file already.
    """
    if path.exists():
        raise Conflict(f"{path} is there already", hint="Name another file, or a folder.")
    for torso in path.parent.glob(f".sotabox-*{_PART}"):
        torso.unlink(missing_ok=True)
    unnamed = _open_unnamed(path.parent)
    part = path.with_name(f".sotabox-{secrets.token_hex(4)}{_PART}")
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with unnamed or part.open("xb") as file:
            os.fchmod(file.fileno(), 0o600)
            yield file
            file.flush()
            os.fsync(file.fileno())
            source = part if unnamed is None else Path(f"/proc/self/fd/{file.fileno()}")
            # With a folder's descriptor Python calls linkat(2), which alone follows that link.
            os.link(source, path.name, dst_dir_fd=folder)
        os.fsync(folder)
    finally:
        part.unlink(missing_ok=True)
        os.close(folder)


def _open_unnamed(folder: Path) -> BinaryIO | None:
    """A file without a name in a folder (open(2), O_TMPFILE); None where that can't be had."""
    try:
        return os.fdopen(os.open(folder, os.O_TMPFILE | os.O_WRONLY, 0o600), "wb")
    except OSError:
        return None


def replace_file(path: Path, content: bytes) -> None:
    """Gives a file new content, as a whole and durably."""
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        with fresh.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
        sync_folder(path.parent)
    finally:
        fresh.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Brings the names in a folder to the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def disk_trouble(what: str) -> Iterator[None]:
    """Turns what a disk says during the block into ours; `what` was being done."""
    try:
        yield
    except SotaboxError:
        raise
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull(
                f"{what}: the disk is full ({error.filename or 'no space left'})"
            ) from error
        raise Unavailable(f"{what}: {error}") from error
