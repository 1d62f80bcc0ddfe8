"""The control plane as this server runs it: a unit of systemd, or a process in the background.

Both as install.sh sets them up. Apps and Caddy are no part of it.
"""

import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from sotabox.cli.files import write_shared
from sotabox.cli.unit import SYSTEMD, UNIT, UNITS
from sotabox.cli.upgrades.installation import Installation
from sotabox.cli.wait import find_problem, wait_until_ready
from sotabox.errors import Unavailable
from sotabox.settings import Settings

_STOP_WITHIN_S: Final = 30
_SYSTEMCTL_WITHIN_S: Final = 90
_LOOK_EVERY_S: Final = 0.05
_SHOWN_LINES: Final = 8


class Service(Protocol):
    """What an upgrade asks of it. `stop` and `start` may be repeated."""

    def stop(self) -> None:
        """Returns when it has ended."""

    def start(self) -> None:
        """Starts the program in place."""

    def wait(self, timeout_s: float) -> None:
        """Returns when what was started is ready; `Unavailable` says why it isn't."""

    def last_words(self) -> str:
        """The end of its log."""


def find_service(installation: Installation, settings: Settings) -> Service:
    """The control plane of this server."""
    if (
        SYSTEMD.is_dir()
        and UNIT.is_file()
        and str(installation.launcher) in UNIT.read_text("utf-8")
    ):
        return SystemdService(installation, settings)
    return DetachedService(installation, settings)


@dataclass(frozen=True, slots=True)
class SystemdService:
    """The unit `sotabox`."""

    installation: Installation
    settings: Settings

    def stop(self) -> None:
        _systemctl("stop", "sotabox")

    def start(self) -> None:
        """Starts it, by the unit that the program in place wants."""
        launcher = str(self.installation.launcher)
        for name in UNITS:
            path = UNIT.with_name(f"{name}.service")
            command = [launcher, "unit", name, "--launcher", launcher]
            text = subprocess.run(
                command, check=True, capture_output=True, text=True, timeout=_SYSTEMCTL_WITHIN_S
            ).stdout
            if not path.is_file() or path.read_text(encoding="utf-8") != text:
                write_shared(path, text)
        _systemctl("daemon-reload")
        _systemctl("restart", "sotabox")

    def wait(self, timeout_s: float) -> None:
        wait_until_ready(*self.settings.listen_address, timeout_s)

    def last_words(self) -> str:
        command = ["journalctl", "-q", "-u", "sotabox", "-n", str(_SHOWN_LINES), "-o", "cat"]
        return subprocess.run(
            [*command, "--no-pager"], check=False, capture_output=True, text=True,
            timeout=_SYSTEMCTL_WITHIN_S,
        ).stdout  # fmt: skip


def _systemctl(*arguments: str) -> None:
    try:
        subprocess.run(
            ["systemctl", *arguments], check=True, capture_output=True, text=True,
            timeout=_SYSTEMCTL_WITHIN_S,
        )  # fmt: skip
    except subprocess.CalledProcessError as error:
        raise Unavailable(
            f"systemctl {' '.join(arguments)} failed: {error.stderr.strip()}"
        ) from error
    except subprocess.TimeoutExpired as error:
        raise Unavailable(f"systemctl {' '.join(arguments)} does not end") from error


@dataclass(frozen=True, slots=True)
class DetachedService:
    """A process whose id is in `serve.pid` in the data directory; its log is beside that."""

    installation: Installation
    settings: Settings

    @property
    def _pid_file(self) -> Path:
        return self.settings.data_dir / "serve.pid"

    @property
    def _log(self) -> Path:
        return self.settings.data_dir / "serve.log"

    @property
    def _arguments(self) -> list[str]:
        return ["serve", "--data-dir", str(self.settings.data_dir)]

    def _pid(self) -> int | None:
        """Its process; None where there is none, or it has ended: a file may outlive its process."""
        try:
            pid = int(self._pid_file.read_text(encoding="ascii"))
            words = Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8").split("\0")
        except (OSError, ValueError):
            return None
        return pid if words[-4:-1] == self._arguments else None

    def _has_ended(self) -> bool:
        """Whether what was started is gone; while it executes its launcher, it has no words."""
        try:
            pid = int(self._pid_file.read_text(encoding="ascii"))
            state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2]
        except (FileNotFoundError, ProcessLookupError):
            return True
        return state.split()[0] == "Z"

    def stop(self) -> None:
        deadline = time.monotonic() + _STOP_WITHIN_S
        sent = signal.SIGTERM
        while (pid := self._pid()) is not None:
            if sent is signal.SIGTERM or time.monotonic() > deadline:
                os.kill(pid, sent)
                sent = signal.SIGKILL
            if time.monotonic() > 2 * deadline:
                raise Unavailable(f"The control plane (process {pid}) does not end")
            time.sleep(_LOOK_EVERY_S)
        self._pid_file.unlink(missing_ok=True)

    def start(self) -> None:
        if self._log.exists():
            self._log.replace(self._log.with_name(f"{self._log.name}.1"))
        with self._log.open("ab") as log:
            process = subprocess.Popen(
                [self.installation.launcher, *self._arguments],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        write_shared(self._pid_file, f"{process.pid}\n")

    def wait(self, timeout_s: float) -> None:
        deadline = time.monotonic() + timeout_s
        while (problem := find_problem(*self.settings.listen_address)) is not None:
            if self._has_ended():
                raise Unavailable("it has ended")
            if time.monotonic() > deadline:
                raise Unavailable(f"it is not ready after {timeout_s:g} s: {problem}")
            time.sleep(_LOOK_EVERY_S)

    def last_words(self) -> str:
        try:
            lines = self._log.read_text(encoding="utf-8", errors="replace").splitlines()
        except FileNotFoundError:
            return ""
        return "\n".join(lines[-_SHOWN_LINES:])
