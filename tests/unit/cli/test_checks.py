"""From what is seen to what the doctor says, without a box."""

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sotabox.cli.checks.data import judge_backup_folder, judge_database, judge_disk
from sotabox.cli.checks.engine import judge_engine
from sotabox.cli.checks.finding import Finding, bad, fine
from sotabox.cli.checks.router import judge_certificates, judge_ports
from sotabox.cli.checks.world import judge_clock, judge_name
from sotabox.cli.doctor import render_finding
from sotabox.cli.terminal import Screen
from sotabox.domains.records import BoxAddresses
from sotabox.domains.verification import Seen
from sotabox.store.integrity import Integrity

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
BOX = BoxAddresses(("203.0.113.7",), ("2001:db8::7",))
HEALTHY = {
    "ServerVersion": "28.2.2",
    "LiveRestoreEnabled": True,
    "MemoryLimit": True,
    "CpuCfsQuota": True,
    "PidsLimit": True,
}


def sick(findings: list[Finding]) -> dict[str, str | None]:
    """What mends each subject that isn't well."""
    return {finding.subject: finding.mend for finding in findings if not finding.ok}


def test_finding_has_its_mending_command_below() -> None:
    """Under each ✕ stands the one thing to do; what is well takes one line."""
    screen = Screen(io.StringIO(), live=False, colour=False)
    assert render_finding(fine("disk", "12 GB free"), screen) == [
        "  ok   disk            12 GB free"
    ]
    assert render_finding(bad("clock", "wrong", "sudo timedatectl set-ntp true"), screen) == [
        "  ✕    clock           wrong",
        "                       sudo timedatectl set-ntp true",
    ]
    assert render_finding(fine("disk", "12 GB free"), screen, mended=True)[0].startswith(
        "  →    disk"
    )


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, {}),
        ({"LiveRestoreEnabled": False}, {"live-restore": "sudo sotabox live-restore"}),
        ({"LiveRestoreEnabled": False, "Swarm": {"LocalNodeState": "active"}}, {}),
    ],
)
def test_engine_is_judged_by_what_it_says(
    changes: dict[str, Any], expected: dict[str, str]
) -> None:
    """Live-restore is asked for where it is possible."""
    assert sick(judge_engine(HEALTHY | changes)) == expected


def test_engine_without_limits_is_named() -> None:
    """A kernel that can't bound memory is told before an app takes all of it."""
    found = judge_engine(HEALTHY | {"MemoryLimit": False})
    assert "bound memory" in next(finding.says for finding in found if not finding.ok)


@pytest.mark.parametrize(
    ("seen", "part"),
    [
        (Seen(addresses=frozenset({"203.0.113.7"})), None),
        (Seen(addresses=frozenset({"203.0.113.7", "2001:db8::7"})), None),
        (Seen(addresses=frozenset({"203.0.113.7", "198.51.100.1"})), "198.51.100.1, which is not"),
        (Seen(), "leads nowhere"),
        (Seen(trouble="no name server answered in time"), "no name server answered"),
    ],
)
def test_name_must_lead_here_and_nowhere_else(seen: Seen, part: str | None) -> None:
    """One wrong address among right ones sends some visitors elsewhere, and is named."""
    finding = judge_name("*.example.com", seen, BOX)
    assert finding.ok is (part is None)
    assert part is None or part in finding.says


@pytest.mark.parametrize(
    ("holder", "ours", "expected"),
    [
        ((7, "caddy"), 7, {}),
        ((9, "nginx"), 7, {"port 80": "Stop it; sudo ss -ltnp 'sport = :80' shows it."}),
        (None, None, {"port 80": "restart"}),
    ],
)
def test_port_belongs_to_caddy(
    holder: tuple[int, str] | None, ours: int | None, expected: dict[str, str]
) -> None:
    """Who has a port that visitors need is said by name."""
    assert sick(judge_ports({80: holder}, ours, "restart")) == expected


@pytest.mark.parametrize(
    ("days", "says"),
    [
        ({"box.example.com": 60.0}, None),
        ({"box.example.com": 0.4}, None),  # Caddy's own authority: twelve hours
        ({"box.example.com": 5.0}, "ends on 2026-06-06"),
        ({"box.example.com": -1.0}, "ended on 2026-05-31"),
        ({}, "there is none of box.example.com yet"),
    ],
)
def test_certificate_is_there_and_lasts(days: dict[str, float], says: str | None) -> None:
    """A certificate that isn't renewed is known before visitors see a warning."""
    ends = {name: NOW + timedelta(days=left) for name, left in days.items()}
    (finding,) = judge_certificates(ends, ["box.example.com"], NOW, "look")
    assert finding.ok is (says is None)
    assert says is None or says in finding.says


@pytest.mark.parametrize(
    ("integrity", "mend"),
    [
        (Integrity(None), None),
        (Integrity("row 7 missing"), "sotabox restore FILE --force"),
        (Integrity(None, pending=("m009",)), "restart"),
        (Integrity(None, newer=("m099",)), "Start the newer version"),
    ],
)
def test_database_is_whole_and_of_today(integrity: Integrity, mend: str | None) -> None:
    """Damage, an old schema and a new one are told apart: each is mended in another way."""
    finding = judge_database(integrity, "restart")
    assert finding.ok is (mend is None)
    assert mend is None or str(finding.mend).startswith(mend)


def test_disk_below_the_floor_is_full() -> None:
    """The doctor says the same as a deploy would: below the floor, none is taken."""
    assert judge_disk(2_000_000_000, 40_000_000_000, 1000).ok
    assert judge_disk(900_000_000, 40_000_000_000, 1000).mend == "sudo sotabox gc"


@pytest.mark.parametrize(
    ("newest", "is_kept", "ok"),
    [
        (NOW - timedelta(days=1), True, True),
        (NOW, False, False),
        (NOW + timedelta(days=1), True, False),
    ],
)
def test_clock_is_kept_and_not_behind(newest: datetime, *, is_kept: bool, ok: bool) -> None:
    """A clock that runs behind the box's own files is wrong, whoever keeps it."""
    assert judge_clock(NOW, newest, is_kept=is_kept).ok is ok


@pytest.mark.parametrize(
    ("folder", "exists", "mend"),
    [
        ("/mnt/backups", True, None),
        ("/home/opened/box", True, None),
        ("/home/me/backups", True, "sudo mkdir -p /home/me/backups && sudo sotabox setup"),
        ("/mnt/backups", False, "sudo mkdir -p /mnt/backups && sudo sotabox setup"),
        ("/tmp/backups", True, "Set SOTABOX_BACKUP_DIR to a folder outside of /tmp."),  # noqa: S108
    ],
)
def test_backups_go_where_the_service_may_write(
    folder: str, exists: bool, mend: str | None
) -> None:
    """A backup folder that the service's protection keeps shut is found before the first backup."""
    unit = "[Service]\nProtectHome=read-only\nReadWritePaths=/var/lib/x -/home/opened\n"
    finding = judge_backup_folder(unit, Path(folder), exists=exists)
    assert (finding.ok, finding.mend) == (mend is None, mend)
