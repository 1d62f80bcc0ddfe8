"""What containers use at this moment, read from their control groups: no call of the engine.

    cgroup driver    a container's group
    cgroupfs         `{parent}/{id}`
    systemd          `{parent}/docker-{id}.scope`

Source: moby, `daemon/daemon_unix.go`; the kernel's cgroup-v1/memory, cgroup-v1/cpuacct, cgroup-v2.
"""

from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Final

from sotabox.engine.cgroups import EngineGroups, Hierarchy


@dataclass(frozen=True, slots=True)
class Usage:
    """CPU time since the container started, in microseconds; memory that it could not give back.

    What came over its network and went out, since it started, in bytes.
    """

    cpu_us: int
    memory_bytes: int
    received_bytes: int = 0
    sent_bytes: int = 0

    def since(self, earlier: "Usage") -> "Usage":
        """What was used since then; memory is what it is. One that began anew used nothing known."""
        return Usage(
            max(0, self.cpu_us - earlier.cpu_us),
            self.memory_bytes,
            max(0, self.received_bytes - earlier.received_bytes),
            max(0, self.sent_bytes - earlier.sent_bytes),
        )


NOTHING: Final = Usage(0, 0)


def total(usages: Iterable[Usage]) -> Usage:
    """All of these together."""
    rows = [astuple(usage) for usage in usages]
    return Usage(*map(sum, zip(*rows, strict=True))) if rows else NOTHING


def read_usages(
    hierarchy: Hierarchy,
    engine: EngineGroups,
    container_ids: Sequence[str],
    proc: Path = Path("/proc"),
) -> dict[str, Usage]:
    """What each container uses; one that doesn't run, or whose group is elsewhere, is left out."""
    found = {}
    for id_ in container_ids:
        try:
            found[id_] = _read(hierarchy, engine, id_, proc)
        except (OSError, ValueError, LookupError):  # it ended, or between two lines of a file
            continue
    return found


def _read(hierarchy: Hierarchy, engine: EngineGroups, id_: str, proc: Path) -> Usage:
    name = f"docker-{id_}.scope" if engine.driver == "systemd" else id_
    relative = f"{engine.parent}/{name}"
    memory = hierarchy.roots["memory"] / relative
    network = _network(memory, proc)
    if hierarchy.version == 1:
        accounting = _accounting(hierarchy.roots["cpu"]) / relative
        cpu_us = int((accounting / "cpuacct.usage").read_text(encoding="ascii")) // 1000
        used = int((memory / "memory.usage_in_bytes").read_text(encoding="ascii"))
        idle = _value(memory / "memory.stat", "total_inactive_file")
        return Usage(cpu_us, max(0, used - idle), *network)
    cpu_us = _value(hierarchy.roots["cpu"] / relative / "cpu.stat", "usage_usec")
    used = int((memory / "memory.current").read_text(encoding="ascii"))
    idle = _value(memory / "memory.stat", "inactive_file")
    return Usage(cpu_us, max(0, used - idle), *network)


def _network(group: Path, proc: Path) -> tuple[int, int]:
    """What a container received and sent: the interfaces that any of its processes sees.

    Source: proc_pid_net(5), `/proc/PID/net/dev`: sixteen figures an interface, bytes are the first
    of eight for each direction.
    """
    pid = (group / "cgroup.procs").read_text(encoding="ascii").split()[0]
    received = sent = 0
    for line in (proc / pid / "net/dev").read_text(encoding="ascii").splitlines()[2:]:
        name, _, figures = line.partition(":")
        if name.strip() != "lo":
            received += int(figures.split()[0])
            sent += int(figures.split()[8])
    return received, sent


def _accounting(cpu: Path) -> Path:
    """The controller that counts CPU time: mounted with `cpu` almost everywhere, else beside it."""
    beside = cpu.parent / "cpuacct"
    return beside if beside.is_dir() else cpu


def _value(file: Path, name: str) -> int:
    r"""The number behind a name in a file of lines `name number`.

    Raises:
        OSError, LookupError: there is none.
    """
    for line in file.read_text(encoding="ascii").splitlines():
        key, _, number = line.partition(" ")
        if key == name:
            return int(number)
    raise LookupError(f"{file} has no {name}")
