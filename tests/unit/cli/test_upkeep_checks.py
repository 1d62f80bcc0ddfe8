"""What doctor says of upgrades, backups and apps."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from sotabox.cli.checks.data import judge_disk, judge_inodes
from sotabox.cli.checks.upkeep import judge_apps, judge_backups, judge_upgrade
from sotabox.model.crash_loop import CrashLoop
from sotabox.model.deployment import Deployment, Source, Status
from sotabox.settings import Settings
from sotabox.upkeep.record import BackupRecord
from sotabox.upkeep.upgrade import Phase, Upgrade

NOW = datetime(2026, 3, 1, tzinfo=UTC)
UPGRADE = Upgrade(
    phase=Phase.DONE, before="1.0", after="2.0", sha256_before="a", sha256_after="b", steps=(),
    started_at="2026-02-28T23:55:00.000Z",
)  # fmt: skip


@pytest.mark.parametrize(
    ("phase", "later", "ok"),
    [
        (Phase.DONE, timedelta(), True),
        (Phase.RETURNED, timedelta(), True),
        (Phase.SWITCHED, timedelta(), True),
        (Phase.SWITCHED, timedelta(hours=1), False),
        (Phase.RETURNING, timedelta(hours=1), False),
    ],
)
def test_upgrade_that_was_cut_off_is_named_with_what_ends_it(
    phase: Phase, later: timedelta, ok: bool
) -> None:
    """One that is under way is left alone."""
    (finding,) = judge_upgrade(msgspec.structs.replace(UPGRADE, phase=phase), NOW + later)
    assert finding.ok is ok
    assert finding.mend == (None if ok else "sudo sotabox upgrade")
    assert judge_upgrade(None, NOW) == []


def test_backups_that_fail_are_named_with_their_reason() -> None:
    """The command that tries one says more."""
    settings = replace(Settings(), backup_dir=Path("/backups"))
    finding = judge_backups(settings, BackupRecord(problem="/backups is no folder"), NOW)
    assert (finding.ok, finding.says) == (False, "/backups is no folder")
    assert finding.mend == "sudo sotabox backup --check"
    good = BackupRecord(made_at="2026-02-28T20:00:00.000Z", rehearsal_s=1.5)
    assert judge_backups(settings, good, NOW).ok
    assert not judge_backups(settings, good, NOW + timedelta(days=3)).ok  # overdue
    assert judge_backups(Settings(), BackupRecord(), NOW).ok


def test_app_in_a_crash_loop_is_named_with_its_log() -> None:
    """How often, why, and where to read on."""
    loop = CrashLoop(restarts=7, exit_code=137, out_of_memory=True, since="", last_at="")
    sick = Deployment(
        id="d", project_id="p", number=1, status=Status.RUNNING, source=Source.ARCHIVE, phases={},
        created_at="", updated_at="", crash_loop=loop,
    )  # fmt: skip
    well = msgspec.structs.replace(sick, crash_loop=msgspec.structs.replace(loop, over=True))
    (finding,) = judge_apps([("shop", sick), ("blog", well)])
    assert not finding.ok
    assert "shop ends by itself again and again (7 restarts, out of memory)" in finding.says
    assert finding.mend == "sotabox logs --project shop"
    (finding,) = judge_apps([("blog", well)])
    assert finding.ok


def test_disks_are_named_apart_and_files_are_counted() -> None:
    """The engine's may be full where the box's is not; a disk with room may take no more files."""
    assert judge_disk(10, 10**12, 1000, "engine's disk").subject == "engine's disk"
    assert judge_inodes(500, 1000) == []
    assert judge_inodes(0, 0) == []  # a file system that doesn't count them
    (finding,) = judge_inodes(5, 1000)
    assert not finding.ok
