"""The systemd units, read by systemd itself where it is installed."""

import shutil
import subprocess
from pathlib import Path

import pytest

from sotabox.cli.unit import UNITS, render_unit


@pytest.mark.parametrize("name", UNITS)
def test_unit_is_understood_by_systemd(name: str, tmp_path: Path) -> None:
    """Every line of a unit means something to systemd: no typo switches a protection off."""
    launcher = tmp_path / "sotabox"
    launcher.write_text("#!/bin/sh\n")
    launcher.chmod(0o755)
    for unit in UNITS:
        (tmp_path / f"{unit}.service").write_text(render_unit(unit, launcher, Path("/var/lib/x")))
    analyze = shutil.which("systemd-analyze")
    assert analyze, "systemd-analyze is missing: tests/machine/packages names its package"
    command = [analyze, "verify", "--man=no", str(tmp_path / f"{name}.service")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    complaints = [line for line in done.stderr.splitlines() if str(tmp_path) in line]
    assert complaints == []


def test_stopping_the_control_plane_ends_nothing_else() -> None:
    """`systemctl stop sotabox` leaves Caddy alone, even one that the control plane started."""
    text = render_unit("sotabox", Path("/b"), Path("/d"))
    assert "\nKillMode=process\n" in text


def test_percent_sign_in_a_path_is_kept() -> None:
    """A data directory may be called anything: systemd does not take `%h` for my home."""
    text = render_unit("sotabox", Path("/b"), Path("/srv/%h"))
    assert "--data-dir /srv/%%h" in text
