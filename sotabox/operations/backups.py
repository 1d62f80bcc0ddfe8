"""The backups of a box, for whoever runs it: seen, asked for, taken away."""

import asyncio
import time
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from sotabox.errors import Conflict, Invalid, Unavailable
from sotabox.model.times import format_time
from sotabox.operations.actor import Actor
from sotabox.upkeep.backup import belongs_to
from sotabox.upkeep.backups import Backups
from sotabox.upkeep.kept import KeptBackup, kept_backups, path_of
from sotabox.upkeep.object_store import StoredFile
from sotabox.upkeep.places import opened_store
from sotabox.upkeep.record import BackupRecord, BackupState, next_backup, read_record, state_of

#: Who waits at a screen is told after this time that the store does not answer.
_STORE_WITHIN_S: Final = 8.0


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


async def stored(backups: Backups, actor: Actor) -> list[StoredFile]:
    """This box's backups in the store of the settings, newest first, or soon why not.

    Raises:
        Forbidden: the box itself is the admin's matter.
        Invalid, NotFound: the settings name no store that lets us in, or no bucket of it.
        Unavailable: it does not answer in time.
    """
    actor.require_admin()
    try:
        async with asyncio.timeout(_STORE_WITHIN_S):
            return await asyncio.to_thread(_listed, backups)
    except TimeoutError as error:
        raise _too_slow() from error


def _listed(backups: Backups) -> list[StoredFile]:
    """Ends by itself soon after its time is over: a thread can't be ended from outside."""
    ends = time.monotonic() + _STORE_WITHIN_S

    def pulse() -> None:
        if time.monotonic() > ends:
            raise _too_slow()

    instance_id = backups.folders.instance_id()
    with opened_store(backups.settings, pulse) as store, closing(store.hasty()) as hasty:
        found = [file for file in hasty.files() if belongs_to(file.name, instance_id)]
    return sorted(found, key=lambda file: file.name, reverse=True)


def _too_slow() -> Unavailable:
    return Unavailable(f"The store does not answer within {_STORE_WITHIN_S:.0f} seconds")


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
