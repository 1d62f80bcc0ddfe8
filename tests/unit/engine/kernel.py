"""Control groups as files in a folder, in both versions."""

from pathlib import Path

V1_FILES = {
    "memory": ("memory.limit_in_bytes", "memory.oom_control"),
    "cpu": ("cpu.shares", "cpu.cfs_quota_us"),
    "pids": ("pids.max",),
    "blkio": ("blkio.bfq.weight",),
}
V2_FILES = ("memory.max", "memory.events", "cpu.weight", "cpu.max", "pids.max", "io.weight")


def version_1(tmp_path: Path, parent: str | None = "docker/buildkit") -> Path:
    """A root with a folder for each controller; the engine has made `parent` in it."""
    root = tmp_path / "v1"
    for controller, files in V1_FILES.items():
        (root / controller).mkdir(parents=True)
        (root / controller / "cgroup.procs").touch()
        if parent is not None:
            group(root / controller / parent, files)
    return root


def version_2(
    tmp_path: Path,
    parent: str | None = "docker/buildkit",
    controllers: str = "cpuset cpu io memory hugetlb pids",
) -> Path:
    """A root with all controllers; the engine has made `parent` in it."""
    root = tmp_path / "v2"
    root.mkdir()
    (root / "cgroup.controllers").write_text(controllers)
    if parent is not None:
        group(root / parent, V2_FILES)
    return root


def group(folder: Path, files: tuple[str, ...]) -> None:
    """A group with the files that its controllers have."""
    folder.mkdir(parents=True)
    for name in files:
        (folder / name).write_text("")
