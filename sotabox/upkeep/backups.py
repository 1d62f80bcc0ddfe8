"""Backups by the clock: made, tried out, noted, and old ones removed.

A backup counts only once it was restored: after each one every part is read back in a scratch folder.
"""

import asyncio
import logging
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, Never

import msgspec

from sotabox.errors import SotaboxError
from sotabox.model.times import now
from sotabox.settings import Settings
from sotabox.store.folders import Folders
from sotabox.upkeep.backup import Made, backup_name, make_backup, superfluous_backups
from sotabox.upkeep.passphrase import read_passphrase
from sotabox.upkeep.record import BackupRecord, next_backup, read_record, write_record
from sotabox.upkeep.restore import rehearse

#: A clock that was set, or a machine that slept, is noticed within this time.
_LOOK_AT_CLOCK_S: Final = 60.0

_logger = logging.getLogger(__name__)


class _Stopped(Exception):
    """The box stops; the thread lets go of what it was doing."""


@dataclass(frozen=True, slots=True)
class Backups:
    """The schedule of a box's backups."""

    settings: Settings
    folders: Folders
    _stopping: threading.Event = field(default_factory=threading.Event)

    async def run(self) -> Never:
        """Makes backups when they are due; the root of its task. Without a folder it only waits."""
        every = timedelta(hours=self.settings.backup_every_h)
        try:
            while True:
                if self.settings.backup_dir.name:
                    record = await asyncio.to_thread(read_record, self.folders.backup_record)
                    moment = datetime.now(UTC)
                    if next_backup(record, every, moment) <= moment:
                        await asyncio.to_thread(self._try, record)
                await asyncio.sleep(_LOOK_AT_CLOCK_S)
        finally:
            self._stopping.set()

    def _try(self, before: BackupRecord) -> None:
        """Makes one, and notes how that went; in a thread."""
        try:
            record = self._make()
        except _Stopped:
            return
        except (SotaboxError, OSError) as error:
            _logger.warning("no backup was made: %s", error)
            record = msgspec.structs.replace(before, tried_at=now(), problem=str(error))
        except Exception:
            _logger.exception("no backup was made, by a fault of ours")
            record = msgspec.structs.replace(
                before, tried_at=now(), problem="The box met a fault of its own; its log says more"
            )
        try:
            write_record(self.folders.backup_record, record)
        except OSError as error:
            _logger.warning("how the backup went can't be noted: %s", error)

    def _make(self) -> BackupRecord:
        passphrase = read_passphrase(self.settings.backup_passphrase_file)
        made = make_backup(
            self.folders,
            self.settings.backup_dir / backup_name(self.folders.instance_id(), datetime.now(UTC)),
            domain=self.settings.domain,
            passphrase=passphrase,
            pulse=self._pulse,
        )
        rehearsal_s = rehearse(made.path, self.folders, passphrase=passphrase, pulse=self._pulse)
        _logger.info(
            "backup %s made in %.1f s, tried out in %.1f s",
            made.path.name, made.duration_s, rehearsal_s,
        )  # fmt: skip
        self._remove_old()
        return _record(made, rehearsal_s)

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


def _record(made: Made, rehearsal_s: float) -> BackupRecord:
    return BackupRecord(
        tried_at=now(),
        made_at=made.manifest.made_at,
        file=str(made.path),
        size_bytes=made.size_bytes,
        duration_s=round(made.duration_s, 3),
        rehearsal_s=round(rehearsal_s, 3),
    )
