"""Backups by the clock: made, brought away, tried out, noted, and old ones removed.

A backup counts only once it was restored: after each one every part is read back in a scratch folder,
of what the store gives where there is one.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Never, TypeAlias

import msgspec

from sotabox.errors import SotaboxError
from sotabox.model.times import now
from sotabox.settings import Settings
from sotabox.store.folders import Folders
from sotabox.upkeep.backup import Made, backup_name, make_backup, superfluous_backups
from sotabox.upkeep.passphrase import read_passphrase
from sotabox.upkeep.places import download, opened_store, outgoing, remove_old, upload
from sotabox.upkeep.record import BackupRecord, next_backup, read_record, write_record
from sotabox.upkeep.restore import rehearse

#: A clock that was set, or a machine that slept, is noticed within this time.
_LOOK_AT_CLOCK_S: Final = 60.0

#: Event and message, to whoever looks after the box; whether it was taken in.
Alert: TypeAlias = Callable[[str, str], Awaitable[bool]]

_logger = logging.getLogger(__name__)


class _Stopped(Exception):
    """The box stops; the thread lets go of what it was doing."""


@dataclass(frozen=True, slots=True)
class Backups:
    """The schedule of a box's backups. `alert` tells outside; whether that was heard."""

    settings: Settings
    folders: Folders
    alert: Alert
    _asked: asyncio.Event = field(default_factory=asyncio.Event)
    _stopping: threading.Event = field(default_factory=threading.Event)

    @property
    def every(self) -> timedelta:
        """The time between two of them."""
        return timedelta(hours=self.settings.backup_every_h)

    @property
    def under_way(self) -> bool:
        """Whether one is being made, or will be at once."""
        return self._asked.is_set()

    def ask(self) -> None:
        """Has one made now; `run` does it."""
        self._asked.set()

    async def run(self) -> Never:
        """Makes backups when they are due; the root of its task. Without a place it only waits."""
        try:
            while True:
                if self.settings.backs_up:
                    record = await asyncio.to_thread(read_record, self.folders.backup_record)
                    moment = datetime.now(UTC)
                    if next_backup(record, self.every, moment) <= moment:
                        self.ask()
                    if self.under_way:
                        record = await asyncio.to_thread(self._try, record)
                        self._asked.clear()
                    await self._tell(record)
                with suppress(TimeoutError):
                    async with asyncio.timeout(_LOOK_AT_CLOCK_S):
                        await self._asked.wait()
        finally:
            self._stopping.set()

    async def _tell(self, record: BackupRecord) -> None:
        """Tells outside that they fail, or work again: once, and as often as it takes to be heard."""
        failing = record.problem is not None
        if failing is record.alerted:
            return
        event = "backup.failed" if failing else "backup.recovered"
        if await self.alert(event, record.problem or "A backup was made and can be restored"):
            told = msgspec.structs.replace(record, alerted=failing)
            await asyncio.to_thread(self._note, told)

    def _try(self, before: BackupRecord) -> BackupRecord:
        """Makes one, and notes how that went; in a thread."""
        try:
            record = msgspec.structs.replace(self._make(), alerted=before.alerted)
        except _Stopped:
            return before
        except (SotaboxError, OSError) as error:
            _logger.warning("no backup was made: %s", error)
            record = msgspec.structs.replace(before, tried_at=now(), problem=str(error))
        except Exception:
            _logger.exception("no backup was made, by a fault of ours")
            record = msgspec.structs.replace(
                before, tried_at=now(), problem="The box met a fault of its own; its log says more"
            )
        self._note(record)
        return record

    def _note(self, record: BackupRecord) -> None:
        try:
            write_record(self.folders.backup_record, record)
        except OSError as error:
            _logger.warning("how the backup went can't be noted: %s", error)

    def _make(self) -> BackupRecord:
        settings = self.settings
        passphrase = read_passphrase(settings.backup_passphrase_file)
        # What is left of one that was killed goes before room is needed for the next.
        passing = outgoing(self.folders) if settings.backup_store else settings.backup_dir
        made = make_backup(
            self.folders,
            (settings.backup_dir if settings.backup_dir.name else passing)
            / backup_name(self.folders.instance_id(), datetime.now(UTC)),
            domain=settings.domain,
            passphrase=passphrase,
            pulse=self._pulse,
        )
        where = str(made.path)
        if settings.backup_store:
            where = f"{settings.backup_store.rstrip('/')}/{made.path.name}"
            rehearsal_s = self._store(made, passing, passphrase)
        else:
            rehearsal_s = rehearse(
                made.path, self.folders, passphrase=passphrase, pulse=self._pulse
            )
        if settings.backup_dir.name:
            self._remove_old()
        _logger.info(
            "backup %s made in %.1f s, tried out in %.1f s",
            where, made.duration_s, rehearsal_s,
        )  # fmt: skip
        return _record(made, where, rehearsal_s)

    def _store(self, made: Made, passing: Path, passphrase: str | None) -> float:
        """Brings a backup to the store, and tries out what the store then gives; the seconds of that."""
        settings = self.settings
        with opened_store(settings, self._pulse) as store:
            try:
                upload(store, made.path)
            finally:
                if not settings.backup_dir.name:
                    made.path.unlink()
            loaded = passing / f"loaded-{made.path.name}"
            began = time.monotonic()
            download(store, made.path.name, loaded)
            try:
                rehearse(loaded, self.folders, passphrase=passphrase, pulse=self._pulse)
            finally:
                loaded.unlink()
            rehearsal_s = time.monotonic() - began
            remove_old(store, self.folders.instance_id(), settings.backups_kept)
        return rehearsal_s

    def _remove_old(self) -> None:
        folder = self.settings.backup_dir
        names = [path.name for path in folder.iterdir()]
        for name in superfluous_backups(
            names, self.folders.instance_id(), self.settings.backups_kept
        ):
            (folder / name).unlink(missing_ok=True)

    def _pulse(self) -> None:
        if self._stopping.is_set():
            raise _Stopped


def _record(made: Made, where: str, rehearsal_s: float) -> BackupRecord:
    return BackupRecord(
        tried_at=now(),
        made_at=made.manifest.made_at,
        file=where,
        size_bytes=made.size_bytes,
        duration_s=round(made.duration_s, 3),
        rehearsal_s=round(rehearsal_s, 3),
    )
