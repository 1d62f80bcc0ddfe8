"""The systemd units, read by systemd itself where it is installed."""

import shutil
import subprocess
from pathlib import Path

import pytest

from sotabox.cli.unit import UNITS, render_unit, writable_paths
from sotabox.settings import Settings

BOX = Settings(data_dir=Path("/var/lib/x"))
#: What `systemd-analyze security` says of a unit, from 0 (shut) to 10 (open), times ten.
EXPOSURE = {"sotabox": 50, "sotabox-caddy": 25}


@pytest.mark.parametrize("name", UNITS)
def test_unit_is_understood_by_systemd(name: str, tmp_path: Path) -> None:
    """Every line of a unit means something to systemd: no typo switches a protection off."""
    launcher = tmp_path / "sotabox"
    launcher.write_text("#!/bin/sh\n")
    launcher.chmod(0o755)
    for unit in UNITS:
        (tmp_path / f"{unit}.service").write_text(render_unit(unit, launcher, BOX))
    analyze = shutil.which("systemd-analyze")
    assert analyze, "systemd-analyze is missing: tests/machine/packages names its package"
    command = [analyze, "verify", "--man=no", str(tmp_path / f"{name}.service")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    complaints = [line for line in done.stderr.splitlines() if str(tmp_path) in line]
    assert complaints == []


def test_stopping_the_control_plane_ends_nothing_else() -> None:
    """`systemctl stop sotabox` leaves Caddy alone, even one that the control plane started."""
    text = render_unit("sotabox", Path("/b"), BOX)
    assert "\nKillMode=process\n" in text


def test_builds_can_be_bounded_from_within_the_unit() -> None:
    """The bounds of a build are files below /sys/fs/cgroup: shut, a build takes the whole server."""
    assert "ProtectControlGroups" not in render_unit("sotabox", Path("/b"), BOX)


@pytest.mark.parametrize("name", UNITS)
def test_no_request_goes_out_before_the_engine_has_its_bridges(name: str) -> None:
    """After a reboot, what is meant for an app reaches nobody else on the provider's network."""
    [after] = [line for line in render_unit(name, Path("/b"), BOX).splitlines() if "After=" in line]
    assert "docker.service" in after


def test_percent_sign_in_a_path_is_kept() -> None:
    """A data directory may be called anything: systemd does not take `%h` for my home."""
    text = render_unit("sotabox", Path("/b"), Settings(data_dir=Path("/srv/%h")))
    assert "--data-dir /srv/%%h" in text


@pytest.mark.parametrize("name", UNITS)
def test_unit_is_no_more_open_than_it_has_to_be(name: str, tmp_path: Path) -> None:
    """Who breaks into one of the two processes finds most of the server's doors shut."""
    unit = tmp_path / f"{name}.service"
    unit.write_text(render_unit(name, Path("/usr/local/bin/sotabox"), BOX))
    command = ["systemd-analyze", "security", "--offline=yes", f"--threshold={EXPOSURE[name]}"]
    done = subprocess.run([*command, str(unit)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-200:] + done.stderr


def test_backups_may_be_written_wherever_they_are_wanted() -> None:
    """A backup folder below /home, where a service may not write otherwise, is opened for it."""
    settings = Settings(data_dir=Path("/d"), backup_dir=Path("/home/me/100%"))
    text = render_unit("sotabox", Path("/b"), settings)
    assert writable_paths(text) == [Path("/d"), Path("/home/me/100%")]
    assert writable_paths(render_unit("sotabox-caddy", Path("/b"), settings)) == [Path("/d")]
