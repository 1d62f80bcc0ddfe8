"""How the backups of a box went: a small file, for the next start, for monitors and for people."""

from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

import msgspec

from sotabox.model.times import parse_time
from sotabox.settings import Settings
from sotabox.upkeep.scratch import replace_file

_RETRY = timedelta(hours=1)


class BackupRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The last try, and the last backup that was seen to be good.

    Attributes:
        tried_at: when the last try ended; problem: why it failed, or None.
        made_at: when the last good one was made, and file, size_bytes, duration_s of it.
        rehearsal_s: what restoring it into a scratch folder took.
        alerted: whether it was told outside that they fail, and not yet that they work again.
    """

    tried_at: str | None = None
    problem: str | None = None
    made_at: str | None = None
    file: str | None = None
    size_bytes: int = 0
    duration_s: float = 0.0
    rehearsal_s: float = 0.0
    alerted: bool = False


class BackupState(StrEnum):
    """How a box stands with its backups."""

    OFF = "off"  # neither folder nor store for them is set
    WAITING = "waiting"  # the first one is still to come
    OK = "ok"  # the last one can be restored
    FAILING = "failing"  # the last one could not be made or restored, or is overdue


def read_record(path: Path) -> BackupRecord:
    """What is noted in a file; nothing where there is none, or it can't be read."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=BackupRecord)
    except (FileNotFoundError, msgspec.DecodeError):
        return BackupRecord()


def write_record(path: Path, record: BackupRecord) -> None:
    """Replaces the file as a whole."""
    replace_file(path, msgspec.json.encode(record))


def next_backup(record: BackupRecord, every: timedelta, now: datetime) -> datetime:
    """When the next backup is due: a failed one is tried again within the hour."""
    if record.tried_at is None:
        return now
    tried_at = parse_time(record.tried_at)
    if tried_at > now:  # the clock was set back
        return now
    return tried_at + (min(every, _RETRY) if record.problem else every)


def state_of(settings: Settings, record: BackupRecord, now: datetime) -> BackupState:
    """How a box stands with its backups at a moment."""
    if not settings.backs_up:
        return BackupState.OFF
    if record.problem:
        return BackupState.FAILING
    if record.made_at is None:
        return BackupState.WAITING
    overdue = parse_time(record.made_at) + timedelta(hours=2 * settings.backup_every_h)
    return BackupState.FAILING if now > overdue else BackupState.OK
