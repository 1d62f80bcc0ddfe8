"""`sotabox unit`: the systemd units of this box, as install.sh puts them in place.

Two units, so that restarting one leaves the other alone. Neither ends an app: apps are the engine's.
"""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from sotabox.cli.failures import DONE
from sotabox.cli.options import add_settings, settings_from

NAME = "unit"
HELP = "Print a systemd unit for this box."

#: There where systemd runs this machine.
SYSTEMD: Final = Path("/run/systemd/system")
#: Where install.sh puts the control plane's unit; others lie beside it.
UNIT: Final = Path("/etc/systemd/system/sotabox.service")

# What neither process ever needs. The control plane runs iptables, which writes its lock to /run and
# wants CAP_NET_ADMIN; it reads the sockets of apps in /proc: so its unit takes less away.
_HARDENING: Final = """\
NoNewPrivileges=yes
ProtectHome=read-only
PrivateTmp=yes
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
ProtectSystem=full
ReadWritePaths={data_dir}
{hardening}
[Install]
WantedBy=multi-user.target
"""

_CADDY: Final = """\
[Unit]
Description=sotabox router (Caddy)
After=network-online.target
Wants=network-online.target
StartLimitIntervalSec=0

[Service]
ExecStart={launcher} caddy --data-dir {data_dir}
Restart=always
RestartSec=1
TimeoutStopSec=30
LimitNOFILE=1048576
CapabilityBoundingSet=CAP_NET_BIND_SERVICE
ProtectProc=invisible
ProtectControlGroups=yes
ProtectSystem=strict
ReadWritePaths={data_dir}
{hardening}
[Install]
WantedBy=multi-user.target
"""

UNITS: Final = {"sotabox": _SERVE, "sotabox-caddy": _CADDY}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("unit", choices=UNITS)
    parser.add_argument(
        "--launcher",
        type=Path,
        default=Path("/usr/local/bin/sotabox"),
        help="the command that it starts (default /usr/local/bin/sotabox)",
    )
    add_settings(parser, ["data_dir"])


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    data_dir = settings_from(arguments, environ).data_dir
    print(render_unit(arguments.unit, arguments.launcher, data_dir), end="")
    return DONE


def render_unit(name: str, launcher: Path, data_dir: Path) -> str:
    """The text of a unit in `UNITS`; a percent sign in a path is no specifier (systemd.unit(5))."""
    return UNITS[name].format(
        launcher=str(launcher).replace("%", "%%"),
        data_dir=str(data_dir).replace("%", "%%"),
        hardening=_HARDENING,
    )
