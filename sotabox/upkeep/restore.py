"""Brings a backup back: into an empty data directory, or into a scratch folder to see that it would.

`serve` does the rest: it starts what ran, and builds from the archives what the engine has no image of.
Blocks: for a thread or a process of its own.
"""

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Final

from sotabox.crypto.sealing import Sealer, load_key
from sotabox.errors import Conflict, Invalid, NotFound
from sotabox.store.copies import check_copy, close_for_moving, count_rows
from sotabox.store.folders import Folders
from sotabox.upkeep.bundle import Manifest, Pulse, unpack
from sotabox.upkeep.scratch import disk_trouble, scratch_folder

_UNPACKING: Final = "restoring"
_REPLACED: Final = "replaced-"
#: Says that there is a box, and so comes last.
_DATABASE: Final = "sotabox.db"


def restore(
    file: Path,
    data_dir: Path,
    *,
    passphrase: str | None = None,
    force: bool = False,
    stop_router: Callable[[], None] = lambda: None,
    pulse: Pulse = lambda: None,
) -> Manifest:
    """Makes `data_dir` the box of a backup; a kill leaves no box, and the next call begins anew.

    With `force` a box that is there is kept under `data_dir/replaced-…`; `stop_router` ends the
    Caddy that serves from it, once the backup is known to be good. The caller holds the data
    directory's lock.

    Raises:
        NotFound: there is no such file.
        Conflict: the directory holds a box.
        Invalid: it is no backup, is damaged, or needs another passphrase. Nothing was changed.
    """
    holds_box = (data_dir / _DATABASE).exists()
    if holds_box and not force:
        raise Conflict(
            f"{data_dir} holds a box already",
            hint="Give another --data-dir, or --force: the box there is moved aside, not removed.",
        )
    with disk_trouble("The backup could not be restored"):
        unpacked = data_dir / _UNPACKING
        shutil.rmtree(unpacked, ignore_errors=True)
        unpacked.mkdir(mode=0o700)
        try:
            manifest = _unpack_checked(file, passphrase, unpacked, pulse)
            if holds_box:
                stop_router()
                _move_aside(data_dir)
            _move_in(unpacked, data_dir)
        finally:
            shutil.rmtree(unpacked, ignore_errors=True)
    return manifest


def rehearse(
    file: Path, folders: Folders, *, passphrase: str | None, pulse: Pulse = lambda: None
) -> float:
    """Restores a backup into a scratch folder and checks every part; the seconds it took.

    Raises:
        SotaboxError: it could not be restored; says why.
    """
    started = time.monotonic()
    with disk_trouble("The backup could not be tried out"), scratch_folder(folders) as scratch:
        _unpack_checked(file, passphrase, scratch, pulse)
    return time.monotonic() - started


def _unpack_checked(file: Path, passphrase: str | None, target: Path, pulse: Pulse) -> Manifest:
    with _opened(file) as source:
        manifest = unpack(source, passphrase, target, pulse)
    if missing := [
        name for name in ("key", "instance-id", _DATABASE) if not (target / name).is_file()
    ]:
        raise Invalid(f"This backup is not complete: it has no {', '.join(missing)}")
    Sealer(load_key(target / "key"))
    check_copy(target / _DATABASE)
    if (rows := count_rows(target / _DATABASE)) != manifest.rows:
        raise Invalid(f"This backup's database has other rows ({rows}) than it should")
    return manifest


@contextmanager
def _opened(file: Path) -> Iterator[BinaryIO]:
    try:
        source = file.open("rb")
    except FileNotFoundError as error:
        raise NotFound(f"There is no file {file}") from error
    with source:
        yield source


def _move_aside(data_dir: Path) -> None:
    """Puts a box under another name; its database goes first, so that what is left is none."""
    close_for_moving(data_dir / _DATABASE)
    aside = data_dir / f"{_REPLACED}{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    aside.mkdir(mode=0o700)
    database_first = sorted(data_dir.iterdir(), key=lambda path: path.name != _DATABASE)
    for path in database_first:
        if path.name in ("lock", "outgoing", _UNPACKING) or path.name.startswith(_REPLACED):
            continue
        path.rename(aside / path.name)


def _move_in(unpacked: Path, data_dir: Path) -> None:
    for path in sorted(unpacked.iterdir(), key=lambda path: path.name == _DATABASE):
        target = data_dir / path.name
        if target.is_dir():
            shutil.rmtree(target)
        for log in (f"{path.name}-wal", f"{path.name}-shm"):  # of a database that is gone
            (data_dir / log).unlink(missing_ok=True)
        path.rename(target)
    os.sync()
