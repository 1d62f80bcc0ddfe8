"""What containers use, in each layout of control groups that there is."""

from pathlib import Path

import pytest

from sotabox.engine.cgroups import EngineGroups, Hierarchy
from sotabox.engine.usage import Usage, read_usages

ID = "f" * 64


def write(folder: Path, **files: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text)


def version_2(root: Path, group: str) -> Hierarchy:
    write(
        root / group,
        cpu__stat="usage_usec 1500\nuser_usec 1000\n",
        memory__current="9000\n",
        cgroup__procs="7\n8\n",
        memory__stat="anon 5000\ninactive_file 2000\n",
    )
    return Hierarchy(2, {"memory": root, "cpu": root})


def network(root: Path) -> Path:
    """What process 7 sees of the container's network."""
    write(
        root / "proc/7/net",
        dev="Inter-|   Receive                  |  Transmit\n face |bytes    packets errs\n"
        "    lo:  999 1 0 0 0 0 0 0  999 1 0 0 0 0 0 0\n"
        "  eth0:  300 2 0 0 0 0 0 0   40 1 0 0 0 0 0 0\n",
    )
    return root / "proc"


def version_1(root: Path, group: str, accounting: str) -> Hierarchy:
    write(root / "cpu")
    write(root / accounting / group, cpuacct__usage="1500999\n")
    write(
        root / "memory" / group,
        memory__usage_in_bytes="9000\n",
        cgroup__procs="7\n8\n",
        memory__stat="cache 1\ninactive_file 1\ntotal_inactive_file 2000\n",
    )
    return Hierarchy(1, {"memory": root / "memory", "cpu": root / "cpu"})


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize(
    ("driver", "parent", "group"),
    [
        ("cgroupfs", "docker", f"docker/{ID}"),
        ("systemd", "system.slice", f"system.slice/docker-{ID}.scope"),
    ],
)
def test_usage_is_read_in_each_layout(
    tmp_path: Path, version: int, driver: str, parent: str, group: str
) -> None:
    """CPU time in microseconds; memory without what the kernel would give back; bytes in and out."""
    hierarchy = (
        version_2(tmp_path, group) if version == 2 else version_1(tmp_path, group, "cpuacct")
    )
    groups = EngineGroups(driver, parent)
    found = read_usages(hierarchy, groups, [ID], network(tmp_path))
    assert found == {ID: Usage(1500, 7000, 300, 40)}


def test_accounting_that_is_mounted_with_cpu_is_found(tmp_path: Path) -> None:
    """Most machines with version 1 have both under one name."""
    hierarchy = version_1(tmp_path, f"docker/{ID}", "cpu")
    groups = EngineGroups("cgroupfs", "docker")
    assert read_usages(hierarchy, groups, [ID], network(tmp_path))[ID].cpu_us == 1500


def test_container_that_ended_is_left_out(tmp_path: Path) -> None:
    """One that is gone keeps nobody from seeing the others."""
    hierarchy = version_2(tmp_path, f"docker/{ID}")
    groups = EngineGroups("cgroupfs", "docker")
    found = read_usages(hierarchy, groups, ["gone", ID], network(tmp_path))
    assert found.keys() == {ID}
