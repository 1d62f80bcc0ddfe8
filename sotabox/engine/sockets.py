"""TCP sockets as the kernel lists them: where an app listens, and who still speaks to it.

Source: `proc(5)`, `/proc/net/tcp` and `tcp6`: addresses are hexadecimal, in 32-bit words of the
machine's (little-endian) order.
"""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import Final

_ESTABLISHED: Final = 0x01
_LISTEN: Final = 0x0A
_PROC: Final = Path("/proc")
_FILES: Final = ("net/tcp", "net/tcp6")


@dataclass(frozen=True, slots=True)
class TcpSocket:
    """A line of the kernel's list; an IPv4 address behind IPv6 is shown as IPv4."""

    local: tuple[str, int]
    remote: tuple[str, int]
    state: int


def parse_tcp(text: str) -> list[TcpSocket]:
    """The sockets in the text of `/proc/net/tcp` or `tcp6`."""
    found = []
    for line in text.splitlines()[1:]:
        columns = line.split()
        if len(columns) > 3:
            local, remote = _endpoint(columns[1]), _endpoint(columns[2])
            found.append(TcpSocket(local, remote, int(columns[3], 16)))
    return found


def listening(pid: int) -> list[tuple[str, int]]:
    """Where processes in the network of `pid` accept connections; empty when it is gone.

    Docker's own name server, on a loopback address, is among them.
    """
    sockets = _read(_PROC / str(pid))
    return sorted({socket.local for socket in sockets if socket.state == _LISTEN})


def established_to(address: str, port: int) -> int:
    """How many connections this host holds open to `address`:`port`."""
    return sum(
        socket.state == _ESTABLISHED and socket.remote == (address, port)
        for socket in _read(_PROC / "self")
    )


def _read(process: Path) -> list[TcpSocket]:
    sockets = []
    for name in _FILES:
        try:
            sockets += parse_tcp((process / name).read_text(encoding="ascii"))
        except (FileNotFoundError, ProcessLookupError):  # it ended; or there is no IPv6 here
            continue
    return sockets


def _endpoint(text: str) -> tuple[str, int]:
    address, _, port = text.partition(":")
    raw = bytes.fromhex(address)
    words = b"".join(raw[i : i + 4][::-1] for i in range(0, len(raw), 4))
    if len(words) == 4:
        return str(IPv4Address(words)), int(port, 16)
    long = IPv6Address(words)
    return str(long.ipv4_mapped or long), int(port, 16)
