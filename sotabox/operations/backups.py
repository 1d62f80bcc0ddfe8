"""The backups of a box, for whoever runs it: seen, asked for, taken away."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sotabox.errors import Conflict, Invalid
from sotabox.model.times import format_time
from sotabox.operations.actor import Actor
from sotabox.upkeep.backups import Backups
from sotabox.upkeep.kept import KeptBackup, kept_backups, path_of
from sotabox.upkeep.record import BackupRecord, BackupState, next_backup, read_record, state_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a box stands with its backups. `next_at`: when the next is due; None where none are made."""

    state: BackupState
    record: BackupRecord
    kept: tuple[KeptBackup, ...]
    next_at: str | None
    under_way: bool


async def standing(backups: Backups, actor: Actor) -> Standing:
    """How the box stands, and what lies in its folder.

    Raises:
        Forbidden: the box itself is the admin's matter.
    """
    actor.require_admin()
    settings, folders = backups.settings, backups.folders
    record = await asyncio.to_thread(read_record, folders.backup_record)
    moment = datetime.now(UTC)
    state = state_of(settings, record, moment)
    kept: list[KeptBackup] = []
    if settings.backup_dir.name:
        kept = await asyncio.to_thread(kept_backups, settings.backup_dir, folders.instance_id())
    due = next_backup(record, backups.every, moment)
    return Standing(
        state=state,
        record=record,
        kept=tuple(kept),
        next_at=None if state is BackupState.OFF else format_time(due),
        under_way=backups.under_way,
    )


def ask(backups: Backups, actor: Actor) -> None:
    """Has a backup made now, by whoever makes those that are due.

    Raises:
        Forbidden: not by this actor.
        Invalid: the box makes none, as it has no place for them.
        Conflict: one is being made.
    """
    actor.require_admin()
    if state_of(backups.settings, BackupRecord(), datetime.now(UTC)) is BackupState.OFF:
        raise Invalid(
            "There is no place for backups", hint="Set SOTABOX_BACKUP_DIR, and start sotabox again."
        )
    if backups.under_way:
        raise Conflict("A backup is being made", hint="It shows in the list when it is done.")
    backups.ask()


async def open_one(backups: Backups, actor: Actor, name: str) -> Path:
    """Where a backup lies, for a download.

    Raises:
        Forbidden: who has a backup has all that is on the box.
        NotFound: there is none of this name.
    """
    actor.require_admin()
    folder, instance_id = backups.settings.backup_dir, backups.folders.instance_id()
    return await asyncio.to_thread(path_of, folder, instance_id, name)
