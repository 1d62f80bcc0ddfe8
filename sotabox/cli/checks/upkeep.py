"""What the box does for itself, and how its apps fare: upgrades, backups, crash loops."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from sotabox.cli.checks.finding import Finding, bad, fine
from sotabox.cli.checks.patient import Patient
from sotabox.model.crash_loop import Health
from sotabox.model.deployment import Deployment
from sotabox.model.times import parse_time
from sotabox.settings import Settings
from sotabox.upkeep.record import BackupRecord, BackupState, read_record, state_of
from sotabox.upkeep.upgrade import Phase, Upgrade, read_upgrade

#: A switch is bounded: one that goes on for longer was cut off.
_AT_WORK: Final = timedelta(minutes=10)


async def check_upgrade(patient: Patient) -> list[Finding]:
    """The last upgrade has come to its end."""
    return judge_upgrade(read_upgrade(patient.folders), datetime.now(UTC))


def judge_upgrade(upgrade: Upgrade | None, now: datetime) -> list[Finding]:
    """The finding that follows from what was noted of the last upgrade; none where there was none."""
    if upgrade is None:
        return []
    if upgrade.phase is Phase.DONE:
        return [fine("upgrade", f"{upgrade.after} replaced {upgrade.before}")]
    if upgrade.phase is Phase.RETURNED:
        return [fine("upgrade", f"{upgrade.before} stayed, as {upgrade.after} failed")]
    if now - parse_time(upgrade.started_at) < _AT_WORK:
        return [fine("upgrade", f"one to {upgrade.after} is under way")]
    said = f"the one to {upgrade.after} was cut off ({upgrade.phase})"
    return [bad("upgrade", said, "sudo sotabox upgrade")]


async def check_backup_record(patient: Patient) -> list[Finding]:
    """The last scheduled backup was made and restored on trial."""
    record = read_record(patient.folders.backup_record)
    return [judge_backups(patient.settings, record, datetime.now(UTC))]


def judge_backups(settings: Settings, record: BackupRecord, now: datetime) -> Finding:
    """The finding that follows from how the backups went."""
    state = state_of(settings, record, now)
    if state is BackupState.OFF:
        return fine("last backup", "none are made by the clock: SOTABOX_BACKUP_DIR is not set")
    if state is BackupState.WAITING:
        return fine("last backup", "the first one is still to come")
    if state is BackupState.FAILING:
        said = record.problem or f"none since {record.made_at}"
        return bad("last backup", said, "sudo sotabox backup --check")
    return fine(
        "last backup", f"of {record.made_at}, restored on trial in {record.rehearsal_s:.1f} s"
    )


async def check_apps(
    serving: Callable[[], Awaitable[Sequence[tuple[str, Deployment]]]],
) -> list[Finding]:
    """No app ends by itself again and again."""
    return judge_apps(await serving())


def judge_apps(serving: Sequence[tuple[str, Deployment]]) -> list[Finding]:
    """The findings that follow from what serves, by slug."""
    found = []
    for slug, deployment in serving:
        loop = deployment.crash_loop
        if loop is None or deployment.health is not Health.DEGRADED:
            continue
        cause = "out of memory" if loop.out_of_memory else f"exit code {loop.exit_code}"
        said = f"{slug} ends by itself again and again ({loop.restarts} restarts, {cause})"
        found.append(bad("apps", said, f"sotabox logs --project {slug}"))
    return found or [fine("apps", "none ends by itself again and again")]
