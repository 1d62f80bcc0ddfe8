"""What of a box needs a person, said on every page of its admins (pure)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sotabox.settings import Settings
from sotabox.upkeep.record import BackupRecord, BackupState, state_of
from sotabox.upkeep.superfluous import is_short


class AlarmKind(StrEnum):
    """What is wrong."""

    ENGINE = "engine"  # Docker is away
    DISK = "disk"  # deploys are refused, or soon will be
    BACKUP = "backup"  # the last one could not be made or restored, or is overdue


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something that needs a person. `since`: when it began, as far as that is known."""

    kind: AlarmKind
    since: str | None = None
    reason: str = ""


def alarms_of(
    settings: Settings,
    *,
    disk_free: int,
    engine_away_since: str | None,
    backups: BackupRecord,
    now: datetime,
) -> tuple[Alarm, ...]:
    """What is wrong at a moment, the worst first."""
    found = []
    if engine_away_since is not None:
        found.append(Alarm(AlarmKind.ENGINE, engine_away_since))
    if is_short(disk_free, settings.disk_floor_mb):
        found.append(Alarm(AlarmKind.DISK))
    if state_of(settings, backups, now) is BackupState.FAILING:
        found.append(Alarm(AlarmKind.BACKUP, backups.tried_at, backups.problem or "it is overdue"))
    return tuple(found)
