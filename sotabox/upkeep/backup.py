"""Makes a backup of a box that goes on serving. Blocks: for a thread or a process of its own."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from sotabox import __version__
from sotabox.errors import Invalid, NotFound
from sotabox.fault_points import FaultPoint, reach
from sotabox.model.times import now
from sotabox.store.copies import archives_needed, copy_database, count_rows
from sotabox.store.folders import Folders
from sotabox.upkeep.bundle import BundleWriter, Manifest, Pulse, files_below, writing
from sotabox.upkeep.scratch import disk_trouble, scratch_folder, whole_file

SUFFIX: Final = ".sotabox-backup"
_DATABASE: Final = "sotabox.db"


@dataclass(frozen=True, slots=True)
class Made:
    """A backup that was made: where, how large, and in what time."""

    path: Path
    size_bytes: int
    duration_s: float
    manifest: Manifest


def backup_name(instance_id: str, moment: datetime) -> str:
    """The name of a backup; those of one box sort by time.

    >>> backup_name("3f9a01", datetime(2026, 3, 1, 4, 5, 6, tzinfo=UTC))
    'sotabox-3f9a01-20260301T040506Z.sotabox-backup'
    """
    return f"sotabox-{instance_id}-{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}{SUFFIX}"


def belongs_to(name: str, instance_id: str) -> bool:
    """Whether a file of this name is a backup of this box."""
    return name.startswith(f"sotabox-{instance_id}-") and name.endswith(SUFFIX)


def superfluous_backups(names: Iterable[str], instance_id: str, keep: int) -> list[str]:
    """Of the files in a folder the backups of this box that are older than its newest `keep`."""
    return sorted(name for name in names if belongs_to(name, instance_id))[:-keep]


def make_backup(
    folders: Folders,
    target: Path,
    *,
    domain: str,
    passphrase: str | None = None,
    logs: bool = False,
    pulse: Pulse = lambda: None,
) -> Made:
    """Writes a backup to `target`, or under a name of its own into the folder `target`.

    Nothing is there before it is whole. What is deployed meanwhile is in it or isn't, never half.

    Raises:
        NotFound: there is no box in these folders.
        Invalid: there is no folder for it.
        Conflict: the file exists, or another backup is being made.
        DiskFull, Unavailable: a disk did not take it.
    """
    if not folders.database.is_file():
        raise NotFound(f"There is no box in {folders.root}")
    if target.is_dir():
        target = target / backup_name(folders.instance_id(), datetime.now(UTC))
    if not target.parent.is_dir():
        raise Invalid(f"{target.parent} is no folder", hint="Make it, or mount what it stands for.")
    started = time.monotonic()
    with (
        disk_trouble("The backup could not be written"),
        scratch_folder(folders) as scratch,
        whole_file(target) as file,
    ):
        copy = scratch / _DATABASE
        copy_database(folders.database, copy)
        reach(FaultPoint.BACKUP_COPIED)
        with writing(file, passphrase, pulse) as bundle:
            missing = _add_all(bundle, folders, copy, logs=logs)
            manifest = Manifest(
                version=__version__,
                made_at=now(),
                instance_id=folders.instance_id(),
                domain=domain,
                rows=count_rows(copy),
                missing=tuple(missing),
                parts=bundle.parts,
            )
            bundle.finish(manifest)
        reach(FaultPoint.BACKUP_WRITTEN)
    reach(FaultPoint.BACKUP_NAMED)
    return Made(target, target.stat().st_size, time.monotonic() - started, manifest)


def _add_all(bundle: BundleWriter, folders: Folders, copy: Path, *, logs: bool) -> list[str]:
    """Adds all parts; the deployments whose archive is gone."""
    bundle.add("instance-id", folders.root / "instance-id")
    bundle.add("key", folders.key)
    bundle.add(_DATABASE, copy)
    missing = [
        id_
        for id_ in archives_needed(copy)
        if not bundle.add(f"archives/{folders.archive(id_).name}", folders.archive(id_))
    ]
    further = list(files_below(folders.certificates))
    if logs:
        further += files_below(folders.logs)
    for path in further:
        bundle.add(str(path.relative_to(folders.root)), path)
    return missing
