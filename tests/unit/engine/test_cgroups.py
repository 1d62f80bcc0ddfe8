"""Where builds run, on both versions of control groups; trees of files stand for the kernel's."""

from pathlib import Path

import pytest

from sotabox.engine.cgroups import (
    EngineGroups,
    Group,
    configured_parent,
    ensure_parent,
    find_hierarchy,
    find_loose_steps,
)
from tests.unit.engine.kernel import version_1, version_2

CGROUPFS = EngineGroups("cgroupfs", "docker")
SYSTEMD = EngineGroups("systemd", "system.slice")


def test_hierarchy_of_version_1_has_a_root_for_each_controller(tmp_path: Path) -> None:
    """Each controller's own mount is used, not an empty folder that some machines keep beside it."""
    root = version_1(tmp_path)
    (root / "cpu,cpuacct").mkdir()
    hierarchy = find_hierarchy(root)
    assert hierarchy is not None
    assert hierarchy.version == 1
    assert hierarchy.roots == {
        "memory": root / "memory",
        "cpu": root / "cpu",
        "pids": root / "pids",
        "io": root / "blkio",
    }


def test_hierarchy_of_version_2_has_one_root_and_its_own_controllers(tmp_path: Path) -> None:
    """A controller that the kernel doesn't offer is left out."""
    root = version_2(tmp_path, controllers="cpu memory pids")
    hierarchy = find_hierarchy(root)
    assert hierarchy is not None
    assert hierarchy.version == 2
    assert hierarchy.roots == dict.fromkeys(("memory", "cpu", "pids"), root)


def test_hierarchy_without_control_groups_is_none(tmp_path: Path) -> None:
    """A machine without any is told apart from one that could bound builds."""
    assert find_hierarchy(tmp_path) is None


@pytest.mark.parametrize(
    ("command", "parent"),
    [
        ("dockerd", None),
        ("dockerd --cgroup-parent /tenants --debug", "tenants"),
        ("/usr/bin/dockerd -H fd:// --cgroup-parent=tenants/builds", "tenants/builds"),
        ("dockerd --config-file CONFIG", "from-the-file"),
        ("dockerd --config-file CONFIG --cgroup-parent tenants", "tenants"),
        ("dockerd --config-file /nowhere/daemon.json", None),
    ],
)
def test_parent_of_an_engine_is_what_it_was_started_with(
    tmp_path: Path, command: str, parent: str | None
) -> None:
    """An engine with a cgroup parent of its own is bounded like any other."""
    config = tmp_path / "daemon.json"
    config.write_text('{"cgroup-parent": "/from-the-file", "live-restore": true}')
    words = command.replace("CONFIG", str(config)).split()
    if "--config-file" not in words:
        words += ["--config-file", str(tmp_path / "absent.json")]
    assert configured_parent([*words, ""]) == parent


def test_parent_of_another_engine_is_left_alone(tmp_path: Path) -> None:
    """Bounds of one engine's builds are not those of its neighbour's."""
    hierarchy = find_hierarchy(version_1(tmp_path, parent="docker/buildkit"))
    assert hierarchy is not None
    mine = ensure_parent(hierarchy, EngineGroups("cgroupfs", "tenants"))
    assert {group.controller for group in mine} == hierarchy.roots.keys()
    assert all(group.folder.parent.name == "tenants" for group in mine)


def test_parent_is_made_before_the_first_build(tmp_path: Path) -> None:
    """The very first build of a machine is bounded already."""
    hierarchy = find_hierarchy(version_1(tmp_path, parent=None))
    assert hierarchy is not None
    made = ensure_parent(hierarchy, CGROUPFS)
    assert Group("pids", hierarchy.roots["pids"] / "docker/buildkit") in made
    assert all(group.folder.is_dir() for group in made)
    assert sorted(map(str, made)) == sorted(map(str, ensure_parent(hierarchy, CGROUPFS)))


def test_parent_made_on_version_2_get_the_controllers_handed_down(tmp_path: Path) -> None:
    """A group has only the controllers that each level above it hands down."""
    root = version_2(tmp_path, parent=None)
    hierarchy = find_hierarchy(root)
    assert hierarchy is not None
    ensure_parent(hierarchy, CGROUPFS)
    for level in (root, root / "docker"):
        assert (level / "cgroup.subtree_control").read_text(encoding="ascii").startswith("+")
    assert not (root / "docker/buildkit/cgroup.subtree_control").exists()


def test_loose_steps_are_told_from_containers(tmp_path: Path) -> None:
    """Under systemd's driver the steps are bounded, and no app is taken for one."""
    root = version_2(tmp_path, parent=None)
    steps = [
        root / "system.slice:docker:dtqoxqak6n98f8q8r2y27o3ov",
        root / "system.slice/system.slice:docker:jvifp9a6b1lxa1kuw8bwfcovf",
    ]
    for folder in (*steps, root / f"system.slice/docker-{'a' * 64}.scope"):
        folder.mkdir(parents=True)
    hierarchy = find_hierarchy(root)
    assert hierarchy is not None
    assert {group.folder for group in find_loose_steps(hierarchy, SYSTEMD)} == set(steps)
