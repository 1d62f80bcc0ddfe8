"""The services of a box that install.sh made: put in place, looked at, taken away.

Where systemd runs they are two units, so that restarting one leaves the other alone; elsewhere (and
for a box below a prefix) a process in the background, which starts Caddy by itself.
"""

import subprocess
from pathlib import Path
from typing import Final

from sotabox.cli.files import write_shared
from sotabox.cli.unit import SYSTEMD, UNIT, UNITS, render_unit
from sotabox.cli.upgrades.installation import Installation
from sotabox.cli.upgrades.service import Service, SystemdService, find_service
from sotabox.cli.wait import find_problem
from sotabox.errors import Unavailable
from sotabox.settings import Settings

LAUNCHER: Final = Path("/usr/local/bin/sotabox")
_READY_WITHIN_S: Final = 60
_SYSTEMCTL_WITHIN_S: Final = 90


def ensure_running(installation: Installation, settings: Settings) -> bool:
    """Has the program in place serve with the settings in place; whether it had to be started.

    Raises:
        Unavailable: it doesn't get ready; the hint is the end of its log.
    """
    changed = place_units(installation, settings)
    service = find_service(installation, settings)
    if not changed and installation.is_running() and runs(service, settings):
        service.wait(_READY_WITHIN_S)
        return False
    try:
        service.stop()
        service.start()
        service.wait(_READY_WITHIN_S)
    except Unavailable as error:
        raise Unavailable(
            f"sotabox does not get ready: {error}", hint=service.last_words().strip() or None
        ) from error
    if isinstance(service, SystemdService):
        _systemctl("enable", "--now", *UNITS)
    installation.note_running()
    installation.clear_unpacked()
    return True


def describe(installation: Installation, settings: Settings) -> str:
    """What runs, in words."""
    if isinstance(find_service(installation, settings), SystemdService):
        return f"two services: {', '.join(UNITS)}"
    return "sotabox in the background (after a reboot run install.sh again)"


def place_units(installation: Installation, settings: Settings) -> bool:
    """Writes the units, where this is the box that systemd looks after; whether one was another."""
    if not SYSTEMD.is_dir() or installation.launcher != LAUNCHER:
        return False
    changed = False
    for name in UNITS:
        path = UNIT.with_name(f"{name}.service")
        text = render_unit(name, installation.launcher, settings)
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            write_shared(path, text)
            changed = True
    return changed


def runs(service: Service, settings: Settings) -> bool:
    """Whether it does, right now, and will after the next start of the server where it can."""
    if isinstance(service, SystemdService):
        return all(_systemctl(state, *UNITS, check=False) for state in ("is-active", "is-enabled"))
    return find_problem(*settings.listen_address) is None


def stop_for_good(installation: Installation, settings: Settings) -> None:
    """Ends the control plane and its service; apps and Caddy go on. May be repeated."""
    service = find_service(installation, settings)
    service.stop()
    if isinstance(service, SystemdService):
        _systemctl("disable", "--now", *UNITS)
        for name in UNITS:
            UNIT.with_name(f"{name}.service").unlink(missing_ok=True)
        _systemctl("daemon-reload")


def _systemctl(*arguments: str, check: bool = True) -> bool:
    done = subprocess.run(
        ["systemctl", "--quiet", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=_SYSTEMCTL_WITHIN_S,
    )
    if check and done.returncode != 0:
        raise Unavailable(f"systemctl {' '.join(arguments)} failed: {done.stderr.strip()}")
    return done.returncode == 0
