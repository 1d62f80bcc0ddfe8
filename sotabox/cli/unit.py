"""`sotabox unit`: the systemd units of this box, as install.sh puts them in place.

Two units, so that restarting one leaves the other alone. Neither ends an app: apps are the engine's.
"""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from sotabox.cli.failures import DONE
from sotabox.cli.options import add_settings, settings_from
from sotabox.settings import Settings

NAME = "unit"
HELP = "Print a systemd unit for this box."

#: There where systemd runs this machine.
SYSTEMD: Final = Path("/run/systemd/system")
#: Where install.sh puts the control plane's unit; others lie beside it.
UNIT: Final = Path("/etc/systemd/system/sotabox.service")

# What neither process ever needs. The control plane runs iptables, which writes its lock to /run and
# wants CAP_NET_ADMIN; it writes the bounds of builds to their control groups, reads the sockets of apps
# in /proc, and may have to start Caddy: so its unit takes less away. `systemd-analyze security` gives the figures that the tests hold.
_HARDENING: Final = """\
NoNewPrivileges=yes
ProtectHome=read-only
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM
"""

_SERVE: Final = """\
[Unit]
Description=sotabox control plane
After=network-online.target docker.service sotabox-caddy.service
Wants=network-online.target docker.service sotabox-caddy.service
# Whatever keeps it from starting (a taken port, a full disk) may be over in an hour.
StartLimitIntervalSec=0

[Service]
ExecStart={launcher} serve --data-dir {data_dir}
Restart=always
RestartSec=1
# Only the control plane itself ends with it: apps and Caddy go on.
KillMode=process
TimeoutStopSec=60
LimitNOFILE=65536
CapabilityBoundingSet=CAP_CHOWN CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH CAP_FOWNER CAP_KILL
CapabilityBoundingSet=CAP_NET_ADMIN CAP_NET_BIND_SERVICE CAP_NET_RAW CAP_SYS_PTRACE
ProtectSystem=full
ReadWritePaths={data_dir}{more}
{hardening}
[Install]
WantedBy=multi-user.target
"""

_CADDY: Final = """\
[Unit]
Description=sotabox router (Caddy)
# Before the engine has made its bridges, requests for apps' addresses would leave by the default route.
After=network-online.target docker.service
Wants=network-online.target
StartLimitIntervalSec=0

[Service]
# When routes change, Caddy listens anew: whoever waits at the old socket moves on to the new one (Linux 5.14)
# instead of being cut off. It concerns only programs that listen more than once at one port.
ExecStartPre=-+/sbin/sysctl --quiet --write net.ipv4.tcp_migrate_req=1
ExecStart={launcher} caddy --data-dir {data_dir}
Restart=always
RestartSec=1
TimeoutStopSec=30
LimitNOFILE=1048576
CapabilityBoundingSet=CAP_NET_BIND_SERVICE
MemoryDenyWriteExecute=yes
ProtectControlGroups=yes
ProtectProc=invisible
ProtectSystem=strict
ReadWritePaths={data_dir}
{hardening}
[Install]
WantedBy=multi-user.target
"""

_WRITABLE: Final = "ReadWritePaths="
_READ_ONLY: Final = tuple(
    map(Path, ("/usr", "/boot", "/efi", "/etc", "/home", "/root", "/run/user"))
)
#: What the service sees of these is its own.
PRIVATE: Final = (Path("/tmp"), Path("/var/tmp"))  # noqa: S108
UNITS: Final = {"sotabox": _SERVE, "sotabox-caddy": _CADDY}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("unit", choices=UNITS)
    parser.add_argument(
        "--launcher",
        type=Path,
        default=Path("/usr/local/bin/sotabox"),
        help="the command that it starts (default /usr/local/bin/sotabox)",
    )
    add_settings(parser, ["data_dir", "backup_dir"])


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    settings = settings_from(arguments, environ)
    print(render_unit(arguments.unit, arguments.launcher, settings), end="")
    return DONE


def render_unit(name: str, launcher: Path, settings: Settings) -> str:
    """The text of a unit in `UNITS`. Backups may lie anywhere, also where services may not write."""
    backups = settings.backup_dir
    return UNITS[name].format(
        launcher=_plain(launcher),
        data_dir=_plain(settings.data_dir),
        more=f" -{_plain(backups)}" if backups.name else "",
        hardening=_HARDENING,
    )


def may_write(unit: str, folder: Path) -> bool:
    """Whether the protection in a unit's text lets it write to a folder of the host's."""
    if any(folder.is_relative_to(path) for path in PRIVATE):
        return False
    opened = any(folder.is_relative_to(path) for path in writable_paths(unit))
    return opened or not any(folder.is_relative_to(path) for path in _READ_ONLY)


def writable_paths(unit: str) -> list[Path]:
    """The folders that a unit's text opens for writing beyond what its protection leaves open."""
    lines = [line.partition("=")[2] for line in unit.splitlines() if line.startswith(_WRITABLE)]
    words = [word.lstrip("-+") for line in lines for word in line.split()]
    return [Path(word.replace("%%", "%")) for word in words]


def _plain(path: Path) -> str:
    """A path as a unit says it: a percent sign in it is no specifier (systemd.unit(5))."""
    return str(path).replace("%", "%%")
