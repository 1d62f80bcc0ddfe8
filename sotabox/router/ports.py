"""Who else listens on a port: so that "address in use" can name the culprit."""

import errno
import socket
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from sotabox.errors import RouterUnavailable

_LISTEN: Final = "0A"  # TCP_LISTEN in /proc/net/tcp, proc(5)
_TABLES: Final = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))


def check_ports(bind: str, ports: Iterable[int]) -> None:
    """Make sure that Caddy alone will listen on `ports`.

    Caddy itself would not notice: it listens with SO_REUSEPORT, so that two of them (of one user)
    would silently share a port's visitors.

    Raises:
        RouterUnavailable: a port is taken or not allowed; says by whom, and what to change.
    """
    for port in ports:
        try:
            _try_port(bind, port)
        except OSError as error:
            raise _explained(error, port) from error


def find_listener(port: int) -> tuple[int, str] | None:
    """Process id and name of who listens on `port`; None when nobody that we may see does."""
    inodes = set(_listening_inodes(port))
    if not inodes:
        return None
    links = {f"socket:[{inode}]" for inode in inodes}
    for process in Path("/proc").iterdir():
        if process.name.isdigit() and links & set(_links(process / "fd")):
            return int(process.name), _name(process)
    return None


def _try_port(bind: str, port: int) -> None:
    family = socket.AF_INET if bind and ":" not in bind else socket.AF_INET6
    if family == socket.AF_INET6 and not socket.has_dualstack_ipv6():
        family = socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # Connections of a former listener that wait to be forgotten are no reason to refuse.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        probe.bind((bind.strip("[]"), port))
        probe.listen(1)


def _explained(error: OSError, port: int) -> RouterUnavailable:
    setting = f"SOTABOX_{'HTTPS' if port == 443 else 'HTTP'}_PORT"
    look = f"ss -ltnp 'sport = :{port}' shows who listens"
    if error.errno == errno.EADDRINUSE:
        holder = find_listener(port)
        by = f"{holder[1]} (process {holder[0]})" if holder else "another program"
        return RouterUnavailable(
            f"Port {port} is taken by {by}",
            hint=f"{look}. Stop it, or choose another port with SOTABOX_HTTP_PORT or "
            "SOTABOX_HTTPS_PORT.",
        )
    if error.errno == errno.EACCES:
        return RouterUnavailable(
            f"Port {port} needs more rights than sotabox has",
            hint=f"Run as root or with CAP_NET_BIND_SERVICE, or set {setting} to 1024 or more.",
        )
    return RouterUnavailable(f"Port {port} can't be used: {error.strerror}", hint=f"{look}.")


def _listening_inodes(port: int) -> Iterator[str]:
    for table in _TABLES:
        if not table.exists():  # a kernel without IPv6
            continue
        for line in table.read_text(encoding="ascii").splitlines()[1:]:
            columns = line.split()
            if columns[3] == _LISTEN and int(columns[1].rpartition(":")[2], 16) == port:
                yield columns[9]


def _links(folder: Path) -> Iterator[str]:
    try:
        for link in folder.iterdir():
            yield str(link.readlink())
    except OSError:
        return  # ended meanwhile, or another user's


def _name(process: Path) -> str:
    try:
        return (process / "comm").read_text().strip()
    except OSError:
        return "a process that has just ended"
