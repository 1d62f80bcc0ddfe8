"""When a backup is due, and what is said of those that were made."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sotabox.settings import Settings
from sotabox.upkeep.record import (
    BackupRecord,
    BackupState,
    next_backup,
    read_record,
    state_of,
    write_record,
)

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
OFF = Settings()
DAILY = Settings(backup_dir=Path("/backups"))


def record(tried: str | None = None, made: str | None = None, problem: str = "") -> BackupRecord:
    return BackupRecord(tried_at=tried, made_at=made, problem=problem or None)


@pytest.mark.parametrize(
    ("last", "due"),
    [
        (record(), NOON),
        (record("2026-03-01T06:00:00.000Z"), NOON + timedelta(hours=18)),
        (record("2026-03-01T11:30:00.000Z", problem="full"), NOON + timedelta(minutes=30)),
        # The clock was set back by a year: nobody waits for that year.
        (record("2027-03-01T11:30:00.000Z"), NOON),
    ],
)
def test_backup_is_due(last: BackupRecord, due: datetime) -> None:
    """At once at first, then as often as the setting says; a failed one within the hour."""
    assert next_backup(last, DAY, NOON) == due


@pytest.mark.parametrize(
    ("settings", "last", "state"),
    [
        (OFF, record(problem="old"), BackupState.OFF),
        (DAILY, record(), BackupState.WAITING),
        (DAILY, record("2026-03-01T06:00:00.000Z", "2026-03-01T06:00:00.000Z"), BackupState.OK),
        (
            DAILY,
            record("2026-02-27T06:00:00.000Z", "2026-02-27T06:00:00.000Z"),
            BackupState.FAILING,
        ),
        (
            DAILY,
            record("2026-03-01T06:00:00.000Z", "2026-02-28T06:00:00.000Z", "no folder"),
            BackupState.FAILING,
        ),
    ],
)
def test_state_tells_what_a_person_has_to_know(
    settings: Settings, last: BackupRecord, state: BackupState
) -> None:
    """A backup that failed, or did not come, is told as failing, however good the last one was."""
    assert state_of(settings, last, NOON) is state


def test_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    """And one that is not there, or was cut off, is none."""
    path = tmp_path / "backups.json"
    assert read_record(path) == BackupRecord()
    write_record(path, record("2026-03-01T06:00:00.000Z", problem="full"))
    assert read_record(path).problem == "full"
    path.write_bytes(path.read_bytes()[:-5])
    assert read_record(path) == BackupRecord()
    assert list(tmp_path.iterdir()) == [path]
