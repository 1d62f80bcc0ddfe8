"""What is written into the control groups of builds, and what is said where that can't be."""

import asyncio
from pathlib import Path

import pytest

from sotabox.engine.build_limits import BuildLimiter, BuildLimits, bounds_of
from sotabox.engine.cgroups import EngineGroups
from sotabox.engine.diagnosis import BuildFailed
from tests.unit.engine.kernel import V1_FILES, V2_FILES, group, version_1, version_2

LIMITS = BuildLimits(memory_bytes=500_000_000, cpus=1.5, pids=2048)


async def _cgroupfs() -> EngineGroups:
    return EngineGroups("cgroupfs", "docker")


async def _systemd() -> EngineGroups:
    return EngineGroups("systemd", "system.slice")


async def test_limits_on_version_1_are_in_place_while_a_build_runs(tmp_path: Path) -> None:
    """Memory, CPU, processes and disk of all builds together are bounded."""
    root, said = version_1(tmp_path), list[str]()
    async with BuildLimiter(_cgroupfs, LIMITS, root).bounded(said.append):
        assert _values(root / "memory/docker/buildkit")["memory.limit_in_bytes"] == "500000000"
        assert _values(root / "cpu/docker/buildkit") == {
            "cpu.shares": "102",
            "cpu.cfs_quota_us": "150000",
        }
        assert _values(root / "pids/docker/buildkit") == {"pids.max": "2048"}
        assert _values(root / "blkio/docker/buildkit") == {"blkio.bfq.weight": "10"}
    assert said == []


async def test_limits_on_version_2_are_in_place_while_a_build_runs(tmp_path: Path) -> None:
    """The same on machines of today."""
    root, said = version_2(tmp_path), list[str]()
    async with BuildLimiter(_cgroupfs, LIMITS, root).bounded(said.append):
        assert _values(root / "docker/buildkit") == {
            "memory.max": "500000000",
            "memory.events": "",
            "cpu.weight": "10",
            "cpu.max": "150000 100000",
            "pids.max": "2048",
            "io.weight": "default 10",
        }
    assert said == []


def test_limits_without_a_cap_leave_all_cores() -> None:
    """An idle box builds with all that it has."""
    free = BuildLimits(memory_bytes=1, cpus=0, pids=1)
    values = {bound.files[0]: bound.value for v in (1, 2) for bound in bounds_of(free, v)}
    assert values["cpu.cfs_quota_us"] == "-1"
    assert values["cpu.max"] == "max 100000"


async def test_limits_under_systemd_follow_each_step(tmp_path: Path) -> None:
    """Where steps have no common parent, each is bounded soon after it began."""
    root, said = version_2(tmp_path, parent=None), list[str]()
    step = root / "system.slice/system.slice:docker:jvifp9a6b1lxa1kuw8bwfcovf"
    async with BuildLimiter(_systemd, LIMITS, root).bounded(said.append):
        group(step, V2_FILES)
        async with asyncio.timeout(5):
            while _values(step)["pids.max"] != "2048":
                await asyncio.sleep(0.01)
        assert _values(step)["memory.max"] == "500000000"
    assert said == []


@pytest.mark.parametrize("file", ["memory.limit_in_bytes", "pids.max"])
async def test_limit_that_the_kernel_lacks_is_said_in_the_log(tmp_path: Path, file: str) -> None:
    """I am told that my builds are not bounded; they run all the same."""
    root, said = version_1(tmp_path), list[str]()
    controller = next(name for name, files in V1_FILES.items() if file in files)
    (root / controller / "docker/buildkit" / file).unlink()
    async with BuildLimiter(_cgroupfs, LIMITS, root).bounded(said.append):
        pass
    assert len(said) == 1
    assert file in said[0]
    assert "without some of its limits" in said[0]


async def test_weight_that_the_disk_scheduler_lacks_is_no_warning(tmp_path: Path) -> None:
    """What most machines don't have is not reported on each build."""
    root, said = version_1(tmp_path), list[str]()
    (root / "blkio/docker/buildkit/blkio.bfq.weight").unlink()
    async with BuildLimiter(_cgroupfs, LIMITS, root).bounded(said.append):
        pass
    assert said == []


async def test_machine_without_control_groups_builds_with_a_warning(tmp_path: Path) -> None:
    """A machine that can't bound builds still builds."""
    said = list[str]()
    async with BuildLimiter(_cgroupfs, LIMITS, tmp_path).bounded(said.append):
        pass
    assert said == ["Warning: this machine has no control groups, so the build runs without limits"]


async def test_build_in_which_the_kernel_killed_is_told_as_lack_of_memory(tmp_path: Path) -> None:
    """A compiler that was killed makes its step fail with any code: I still learn why."""
    root = version_2(tmp_path)
    events = root / "docker/buildkit/memory.events"
    events.write_text("low 0\noom 1\noom_kill 3\n")
    limiter = BuildLimiter(_cgroupfs, LIMITS, root)
    with pytest.raises(BuildFailed) as caught:
        async with limiter.bounded(print):
            events.write_text("low 0\noom 2\noom_kill 4\n")
            raise BuildFailed("The step 'RUN make' failed with exit code 2.", 2)
    assert caught.value.message == (
        "The build ran out of memory: builds may use 500 MB. "
        "The step 'RUN make' failed with exit code 2."
    )
    assert caught.value.hint is not None
    assert "SOTABOX_BUILD_MEMORY_MB" in caught.value.hint


async def test_build_that_failed_by_itself_keeps_its_own_error(tmp_path: Path) -> None:
    """A kill of an earlier build is not blamed on this one."""
    root = version_2(tmp_path)
    (root / "docker/buildkit/memory.events").write_text("oom_kill 3\n")
    failure = BuildFailed("The step 'RUN false' failed with exit code 1.", 1)
    with pytest.raises(BuildFailed) as caught:
        async with BuildLimiter(_cgroupfs, LIMITS, root).bounded(print):
            raise failure
    assert caught.value is failure


def _values(folder: Path) -> dict[str, str]:
    return {
        file.name: file.read_text()
        for file in folder.iterdir()
        if file.name not in ("memory.oom_control", "cgroup.event_control")
    }
