"""The data directory: whose it is, whether its database is whole, how much room is left."""

import asyncio
import os
import shutil
import stat
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from sotabox.cli.checks.finding import Finding, bad, fine
from sotabox.cli.checks.patient import Patient
from sotabox.cli.unit import PRIVATE, SYSTEMD, UNIT, may_write
from sotabox.errors import EngineUnavailable
from sotabox.store.integrity import Integrity, examine

#: File systems that count them: below this share of free ones, writes soon fail on a disk with room.
_INODES_FLOOR: Final = 0.02


async def check_permissions(patient: Patient) -> list[Finding]:
    """Nobody but the box's own user may look into it."""
    root = patient.folders.root
    owner = root.stat().st_uid
    if os.geteuid() not in (0, owner):
        return [bad("permissions", f"{root} belongs to another user", "sudo sotabox doctor")]
    wrong = [(root, 0o700)] if _is_open(root) else []
    # Inside a closed folder a file's own mode keeps nobody out; the key is guarded twice all the same.
    key = patient.folders.key
    if key.exists() and _is_open(key):
        wrong.append((key, 0o600))
    found = [
        bad(
            "permissions",
            f"{path} can be read by others (mode {stat.S_IMODE(path.stat().st_mode):o})",
            f"sudo chmod {mode:o} {path}",
            _closing(path, mode),
        )
        for path, mode in wrong
    ]
    return found or [fine("permissions", f"{root} and its key are closed to others")]


async def check_database(patient: Patient) -> list[Finding]:
    """The database is whole, and of this version's schema."""
    integrity = await asyncio.to_thread(examine, patient.folders.database)
    return [judge_database(integrity, patient.restart)]


def judge_database(integrity: Integrity, restart: str) -> Finding:
    """The finding that follows from what was seen; `restart` starts the control plane anew."""
    if integrity.damage:
        return bad("database", f"damaged: {integrity.damage}", "sotabox restore FILE --force")
    if integrity.newer:
        said = f"written by a newer sotabox ({', '.join(integrity.newer)})"
        return bad("database", said, "Start the newer version, or restore the backup before it.")
    if integrity.pending:
        steps = f"{len(integrity.pending)} steps of the schema are pending"
        return bad("database", steps, restart)
    return fine("database", "whole, its schema is today's")


async def check_disk(patient: Patient) -> list[Finding]:
    """There is room for deploys, on the box's disk and on the engine's."""
    floor_mb = patient.settings.disk_floor_mb
    usage = shutil.disk_usage(patient.folders.root)
    found = [judge_disk(usage.free, usage.total, floor_mb)]
    engine = await _engine_folder(patient)
    if engine is not None and engine.stat().st_dev != patient.folders.root.stat().st_dev:
        usage = shutil.disk_usage(engine)
        found.append(judge_disk(usage.free, usage.total, floor_mb, "engine's disk"))
    files = os.statvfs(patient.folders.root)
    return [*found, *judge_inodes(files.f_favail, files.f_files)]


async def _engine_folder(patient: Patient) -> Path | None:
    """Where the engine keeps images; None while it is away, or is not of this host."""
    try:
        folder = str((await patient.engine.info()).get("DockerRootDir") or "")
    except EngineUnavailable:  # said by another check
        return None
    return Path(folder) if folder and Path(folder).is_dir() else None


def judge_inodes(free: int, total: int) -> list[Finding]:
    """The finding that follows from how many files there is room for; none where all is well."""
    if not total or free / total > _INODES_FLOOR:
        return []
    return [bad("files", f"there is room for {free} more files only", "sudo sotabox gc")]


def judge_disk(free: int, total: int, floor_mb: int, subject: str = "disk") -> Finding:
    """The finding that follows from free and total bytes."""
    from sotabox.dashboard.words import size

    room = f"{size(free)} of {size(total)} free"
    if free < floor_mb * 1_000_000:
        said = f"{room}: deploys are refused below {size(floor_mb * 1_000_000)}"
        return bad(subject, said, "sudo sotabox gc")
    return fine(subject, room)


async def check_backups(patient: Patient) -> list[Finding]:
    """The folder for backups is one that the service may write to."""
    folder = patient.settings.backup_dir
    if not folder.name or not (SYSTEMD.is_dir() and UNIT.is_file()):
        return []
    return [judge_backup_folder(UNIT.read_text(encoding="utf-8"), folder, exists=folder.is_dir())]


def judge_backup_folder(unit: str, folder: Path, *, exists: bool) -> Finding:
    """The finding that follows from the text of the service's unit."""
    if may_write(unit, folder) and exists:
        return fine("backups", f"the service may write to {folder}")
    said = f"the service may not write to {folder}" if exists else f"there is no folder {folder}"
    if any(folder.is_relative_to(path) for path in PRIVATE):
        return bad("backups", said, "Set SOTABOX_BACKUP_DIR to a folder outside of /tmp.")
    return bad("backups", said, f"sudo mkdir -p {folder} && sudo sotabox setup")


def _is_open(path: Path) -> bool:
    return bool(path.stat().st_mode & 0o077)


def _closing(path: Path, mode: int) -> Callable[[], Awaitable[None]]:
    async def close() -> None:
        path.chmod(mode)

    return close
