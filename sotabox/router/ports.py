"""Who listens on a port: the kernel's own tables."""

import errno
import socket
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from sotabox.errors import RouterUnavailable
from sotabox.router.config import Port

#: States in /proc/net/{tcp,udp}, proc(5); an unconnected UDP socket has the number of TCP_CLOSE.
_LISTENING: Final = {"tcp": "0A", "udp": "07"}
_KINDS: Final = {"tcp": socket.SOCK_STREAM, "udp": socket.SOCK_DGRAM}


def check_ports(bind: str, ports: Iterable[Port]) -> None:
    """Make sure that Caddy alone will listen on `ports`.

    Caddy itself would not notice: it listens with SO_REUSEPORT, so that two of them (of one user)
    would silently share a port's visitors.

    Raises:
        RouterUnavailable: a port is taken or not allowed; says by whom, and what to change.
    """
    for port in sorted(ports):
        try:
            _try_port(bind, port)
        except OSError as error:
            raise _explained(error, port) from error


def find_listener(port: Port) -> tuple[int, str] | None:
    """Process id and name of who listens on `port`; None when nobody that we may see does."""
    links = {f"socket:[{inode}]" for inode in _listening_inodes(port)}
    if not links:
        return None
    for process in Path("/proc").iterdir():
        if process.name.isdigit() and links & set(_links(process / "fd")):
            return int(process.name), _name(process)
    return None


def _try_port(bind: str, port: Port) -> None:
    transport, number = port
    dual = ":" in bind or (not bind and socket.has_dualstack_ipv6())
    family = socket.AF_INET6 if dual else socket.AF_INET
    with socket.socket(family, _KINDS[transport]) as probe:
        if dual:
            probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        if transport == "tcp":
            # Connections of a former listener that wait to be forgotten are no reason to refuse.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((bind.strip("[]"), number))
        if transport == "tcp":
            probe.listen(1)


def _explained(error: OSError, port: Port) -> RouterUnavailable:
    transport, number = port
    look = f"ss -l{transport[0]}np 'sport = :{number}' shows who listens"
    if error.errno == errno.EADDRINUSE:
        holder = find_listener(port)
        by = f"{holder[1]} (process {holder[0]})" if holder else "another program"
        return RouterUnavailable(
            f"Port {number} ({transport}) is taken by {by}",
            hint=f"{look}. Stop it, or choose another port with SOTABOX_HTTP_PORT or "
            "SOTABOX_HTTPS_PORT.",
        )
    if error.errno == errno.EACCES:
        return RouterUnavailable(
            f"Port {number} ({transport}) needs more rights than sotabox has",
            hint="Run as root or with CAP_NET_BIND_SERVICE, or set SOTABOX_HTTP_PORT and "
            "SOTABOX_HTTPS_PORT to 1024 or more.",
        )
    return RouterUnavailable(
        f"Port {number} ({transport}) can't be used: {error.strerror}", hint=f"{look}."
    )


def _listening_inodes(port: Port) -> Iterator[str]:
    transport, number = port
    for row in _table_rows(transport):
        if row[3] == _LISTENING[transport] and int(row[1].rpartition(":")[2], 16) == number:
            yield row[9]


def _table_rows(transport: str) -> Iterator[list[str]]:
    """Columns 1 (local), 2 (remote), 3 (state) and 9 (inode) are those that count."""
    for table in (Path(f"/proc/net/{transport}"), Path(f"/proc/net/{transport}6")):
        if table.exists():  # not so on a kernel without IPv6
            for line in table.read_text(encoding="ascii").splitlines()[1:]:
                yield line.split()


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
