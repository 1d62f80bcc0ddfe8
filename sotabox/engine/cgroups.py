"""Where the steps of builds run: their control groups, in both versions that Linux has.

    cgroup driver    the steps' groups
    cgroupfs         `docker/buildkit/{step}`: one parent, which bounds all builds together
    systemd          `system.slice:docker:{step}`, at the top or in `system.slice`: no parent, so each
                     step is bounded by itself (the engine names a systemd unit, but its BuildKit runs
                     runc without systemd, which takes the name for a path)

Source: moby `newCgroupParent`, BuildKit `runcexecutor`, runc's default path.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
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
_PARENT: Final = "docker/buildkit"
_PARENTS: Final = (_PARENT, "*/buildkit", "*/*/buildkit")  # the engine's parent can be configured
_LOOSE_STEPS: Final = ("*.slice:docker:*", "system.slice/*.slice:docker:*")


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """The machine's control groups.

    Attributes: version: 1 or 2; roots: the top folder by controller, on version 2 always the same.
    """

    version: int
    roots: Mapping[str, Path]


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


def ensure_parents(hierarchy: Hierarchy) -> list[Group]:
    """The parents of all steps, made before the first build where the engine hasn't yet.

    Raises:
        OSError: one could not be made.
    """
    groups = _find(hierarchy, _PARENTS)
    for controller in hierarchy.roots.keys() - {group.controller for group in groups}:
        folder = hierarchy.roots[controller] / _PARENT
        folder.mkdir(parents=True, exist_ok=True)
        if hierarchy.version == 2:
            _hand_down(hierarchy, folder)
        groups.append(Group(controller, folder))
    return groups


def find_loose_steps(hierarchy: Hierarchy) -> list[Group]:
    """The steps that run at this moment without a common parent."""
    return _find(hierarchy, _LOOSE_STEPS)


def _find(hierarchy: Hierarchy, patterns: Iterable[str]) -> list[Group]:
    found = []
    for controller, root in hierarchy.roots.items():
        folders = chain.from_iterable(root.glob(pattern) for pattern in patterns)
        found += [Group(controller, folder) for folder in dict.fromkeys(folders)]
    return found


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
