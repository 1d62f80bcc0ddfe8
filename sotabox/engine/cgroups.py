"""Where the steps of builds run: their control groups, in both versions that Linux has.

    cgroup driver    the steps' groups
    cgroupfs         `{parent}/buildkit/{step}`: one group over all, which bounds builds together
    systemd          `{parent}:docker:{step}`, at the top or in `system.slice`: none over all, so
                     each step is bounded by itself (the engine names a systemd unit, but its BuildKit runs
                     runc without systemd, which takes the name for a path)

Source: moby `newCgroupParent`, BuildKit `runcexecutor`, runc's default path.
"""

import argparse
import json
import os
import socket
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path("/sys/fs/cgroup")
CONTROLLERS: Final = ("memory", "cpu", "pids", "io")
_V1_FOLDERS: Final[Mapping[str, tuple[str, ...]]] = {
    "memory": ("memory",),
    "cpu": ("cpu", "cpu,cpuacct"),
    "pids": ("pids",),
    "io": ("blkio",),
}
_DRIVERS: Final[Mapping[str, str]] = {"cgroupfs": "docker", "systemd": "system.slice"}
_CONFIG: Final = Path("/etc/docker/daemon.json")
_PID_FILE: Final = Path("/run/docker.pid")
_PROC: Final = Path("/proc")


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """The machine's control groups.

    Attributes: version: 1 or 2; roots: the top folder by controller, on version 2 always the same.
    """

    version: int
    roots: Mapping[str, Path]


@dataclass(frozen=True, slots=True)
class EngineGroups:
    """Where an engine makes its groups. `driver`: `cgroupfs`, `systemd` or another."""

    driver: str
    parent: str


@dataclass(frozen=True, slots=True)
class Group:
    """A group as one controller sees it; on version 2 several have the same folder."""

    controller: str
    folder: Path


def find_hierarchy(root: Path = ROOT) -> Hierarchy | None:
    """The control groups mounted at `root`; None where there are none that bound anything."""
    with suppress(OSError):
        known = (root / "cgroup.controllers").read_text(encoding="ascii").split()
        return Hierarchy(2, {name: root for name in CONTROLLERS if name in known})
    roots: dict[str, Path] = {}
    for controller, names in _V1_FOLDERS.items():
        for name in names:
            if (root / name / "cgroup.procs").exists():
                roots.setdefault(controller, root / name)
    return Hierarchy(1, roots) if roots else None


def groups_of_engine(
    driver: str, socket_path: str, *, proc: Path = _PROC, pid_file: Path = _PID_FILE
) -> EngineGroups:
    """Where the engine behind a socket makes its groups, as its own configuration says.

    The engine's API doesn't tell: its command line and its file do.
    """
    configured = None
    with suppress(OSError):
        command = (proc / str(_pid_of(socket_path, proc, pid_file)) / "cmdline").read_bytes()
        configured = configured_parent(os.fsdecode(command).split("\0"))
    return EngineGroups(driver, configured or _DRIVERS.get(driver, ""))


def configured_parent(command: Sequence[str]) -> str | None:
    """The `cgroup-parent` of an engine that was started by `command`; None for the default.

    Raises:
        OSError: its configuration can't be read.
    """
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    parser.add_argument("--cgroup-parent")
    parser.add_argument("--config-file", type=Path, default=_CONFIG)
    options, _ = parser.parse_known_args(command)
    parent: str | None = options.cgroup_parent
    if parent is None and options.config_file.exists():
        with suppress(ValueError):  # the engine would not have started with a broken one
            parent = json.loads(options.config_file.read_text(encoding="utf-8")).get(
                "cgroup-parent"
            )
    return parent.strip("/") if parent else None


def _pid_of(socket_path: str, proc: Path, pid_file: Path) -> int:
    """The engine's process: whoever listens, or, where systemd holds the socket, as the file says."""
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(5)
        probe.connect(socket_path)
        credentials = probe.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
    pid = int.from_bytes(credentials[:4], sys.byteorder)
    if (proc / str(pid) / "comm").read_text(encoding="utf-8").strip() == "dockerd":
        return pid
    return int(pid_file.read_text(encoding="ascii"))


def ensure_parent(hierarchy: Hierarchy, engine: EngineGroups) -> list[Group]:
    """The parent of all steps, made before the first build where the engine hasn't yet.

    Raises:
        OSError: it could not be made.
    """
    groups = []
    for controller, root in hierarchy.roots.items():
        folder = root / engine.parent / "buildkit"
        if not folder.is_dir():
            folder.mkdir(parents=True, exist_ok=True)
            if hierarchy.version == 2:
                _hand_down(hierarchy, folder)
        groups.append(Group(controller, folder))
    return groups


def find_loose_steps(hierarchy: Hierarchy, engine: EngineGroups) -> list[Group]:
    """The steps that run at this moment without a common parent."""
    name = f"{engine.parent}:docker:*"
    return [
        Group(controller, folder)
        for controller, root in hierarchy.roots.items()
        for pattern in (name, f"system.slice/{name}")
        for folder in root.glob(pattern)
    ]


def _hand_down(hierarchy: Hierarchy, folder: Path) -> None:
    """Lets the controllers reach `folder`: version 2 gives each level only what the one above says.

    Raises:
        OSError: a level could not be written.
    """
    root = next(iter(hierarchy.roots.values()))
    levels = [level for level in reversed(folder.parents) if level.is_relative_to(root)]
    for level in levels:
        for controller in hierarchy.roots:
            (level / "cgroup.subtree_control").write_text(f"+{controller}", encoding="ascii")
