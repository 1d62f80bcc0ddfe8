"""App containers on the real engine: fenced in, found again, stopped fast."""

import asyncio
import time
from contextlib import aclosing

import pytest

from sotabox.engine.client import Engine, EngineNotFound
from sotabox.engine.containers import Containers
from sotabox.engine.labels import Role
from sotabox.engine.networks import Network
from sotabox.model.project import Limits
from tests.integration.engine.box import Box, Run

pytestmark = pytest.mark.engine


async def test_container_is_hardened_as_seen_from_inside(box: Box, run: Run) -> None:
    """An app holds no privilege that it does not need."""
    id_ = await run(
        "grep -E '^(CapEff|CapBnd|NoNewPrivs|Seccomp):' /proc/self/status", role=Role.RELEASE
    )
    await box.containers.wait_exit(id_, 10)
    status = dict(line.split(":\t") for line in await box.containers.tail(id_, 10))
    expected = sum(1 << bit for bit in (0, 1, 3, 5, 6, 7, 10))  # capabilities(7), by number
    assert int(status["CapBnd"], 16) == expected
    assert int(status["CapEff"], 16) == expected
    assert status["NoNewPrivs"] == "1"
    assert status["Seccomp"] == "2"


async def test_container_limits_hold_inside(box: Box, run: Run) -> None:
    """An app can't take more memory, processes or files than it may."""
    id_ = await run(
        "cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max 2>/dev/null;"
        "cat /sys/fs/cgroup/pids/pids.max /sys/fs/cgroup/pids.max 2>/dev/null; ulimit -c",
        limits=Limits(memory_mb=48, cpus=0.5, pids=20),
        role=Role.RELEASE,
    )
    await box.containers.wait_exit(id_, 10)
    assert await box.containers.tail(id_, 10) == [str(48 * 1024 * 1024), "20", "0"]


async def test_container_that_eats_memory_is_killed_and_says_so(box: Box, run: Run) -> None:
    """I learn that my app ran out of memory."""
    id_ = await run("a=x; while :; do a=$a$a; done", limits=Limits(32, 1, 20), role=Role.RELEASE)
    assert await box.containers.wait_exit(id_, 20) == 137
    assert (await box.containers.inspect(id_)).oom_killed


async def test_container_has_its_port_env_and_writable_tmp(box: Box, run: Run) -> None:
    """An app finds its port and its variables, and can write temporary files."""
    id_ = await run(
        'echo "$PORT $A" >/tmp/x; cat /tmp/x; hostname', env={"A": "b c"}, role=Role.RELEASE
    )
    await box.containers.wait_exit(id_, 10)
    assert (await box.containers.tail(id_, 10))[:2] == ["8000 b c", "blog"]


async def test_container_keeps_its_fixed_address_over_a_restart(
    box: Box, run: Run, network: Network
) -> None:
    """Traffic for an app never reaches another after a restart."""
    wanted = str(network.subnet[9])
    id_ = await run("sleep 600", address=wanted)
    before = await box.containers.inspect(id_)
    await box.engine.call("restart", id_, timeout=1)
    after = await box.containers.inspect(id_)
    assert (before.address, after.address) == (wanted, wanted)
    assert before.pid != after.pid


async def test_container_stopped_shows_no_address(box: Box, run: Run) -> None:
    """An address that may be another's by now is never used."""
    id_ = await run("sleep 600")
    await box.containers.stop(id_, 5)
    container = await box.containers.inspect(id_)
    assert (container.running, container.address, container.pid) == (False, None, 0)


async def test_stop_of_a_shell_is_quick(box: Box, run: Run) -> None:
    """Stopping an app that ignores its role as PID 1 does not take its whole grace."""
    id_ = await run("sleep 600; echo never")
    begun = time.monotonic()
    await box.containers.stop(id_, 10)
    assert time.monotonic() - begun < 3
    assert (await box.containers.inspect(id_)).exit_code == 143


async def test_stop_kills_after_the_grace(box: Box, run: Run) -> None:
    """An app that refuses to end ends all the same."""
    id_ = await run("trap '' TERM; echo up; while :; do sleep 0.1; done")
    async with aclosing(box.containers.follow(id_)) as lines:
        assert (await anext(lines)).text == "up"
    await box.containers.stop(id_, 1)
    assert (await box.containers.inspect(id_)).exit_code == 137


async def test_engine_answers_while_many_containers_take_their_grace(box: Box, run: Run) -> None:
    """Old versions that are slow to end hold up nobody else's deployment."""
    deaf = "trap '' TERM; echo up; while :; do sleep 0.1; done"
    ids = await asyncio.gather(*(run(deaf) for _ in range(5)))
    for id_ in ids:
        async with aclosing(box.containers.follow(id_)) as lines:
            assert (await anext(lines)).text == "up"
    stops = [asyncio.create_task(box.containers.stop(id_, 60)) for id_ in ids]
    await asyncio.sleep(0)
    assert (await box.containers.inspect(ids[0])).running
    assert not any(stop.done() for stop in stops)
    await asyncio.gather(*map(box.containers.remove, ids), *stops)


async def test_condemned_container_is_not_started_again(box: Box, run: Run) -> None:
    """An old version that we let go does not come back."""
    id_ = await run("sleep 1")
    await box.containers.keep(id_)
    await box.containers.condemn(id_)
    assert await box.containers.wait_exit(id_, 10) == 0
    await asyncio.sleep(0.3)  # the engine's first restart would come after 0.1 s
    assert not (await box.containers.inspect(id_)).running


async def test_end_of_a_container_that_is_gone_is_fine(box: Box, run: Run) -> None:
    """Each step of cleaning up can be repeated."""
    id_ = await run("sleep 600")
    await box.containers.remove(id_)
    await box.containers.condemn(id_)
    await box.containers.stop(id_, 1)
    await box.containers.remove(id_)
    with pytest.raises(EngineNotFound):
        await box.containers.inspect(id_)


async def test_missing_program_shows_as_exit_code_127_with_its_name(box: Box, run: Run) -> None:
    """A start command that does not exist is told apart from a crash: init says so in the log."""
    image = await box.build('FROM BASE\nENTRYPOINT ["/nosuch"]\n')
    id_ = await run("x", image=image, role=Role.RELEASE)
    assert await box.containers.wait_exit(id_, 10) == 127
    (line,) = await box.containers.tail(id_, 1)
    assert "exec /nosuch failed: No such file or directory" in line


async def test_kept_container_is_started_again(box: Box, run: Run) -> None:
    """An app that crashes while it serves comes back by itself."""
    id_ = await run("sleep 0.5; exit 1")
    await box.containers.keep(id_)
    async with asyncio.timeout(10):
        while (await box.containers.inspect(id_)).restart_count == 0:
            await asyncio.sleep(0.05)


async def test_condemn_of_a_crashing_container_works_at_any_moment(box: Box, run: Run) -> None:
    """An app that crashes again and again can be ended for good."""
    id_ = await run("exit 1")
    await box.containers.keep(id_)
    await box.containers.condemn(id_)
    await box.containers.stop(id_, 1)
    container = await box.containers.inspect(id_)
    assert (container.restart_policy, container.running) == ("no", False)


async def test_list_ours_shows_this_box_s_containers_only(box: Box, run: Run) -> None:
    """Several boxes share one engine without seeing each other's apps."""
    id_ = await run("sleep 600")
    (mine,) = await box.containers.list_ours()
    assert (mine.id, mine.project_id, mine.role) == (id_, "p1", "app")
    assert mine.deployment_id
    assert await box.containers.list_ours("p2") == []
    other = Engine(f"unix://{box.engine.socket_path}", f"{box.instance_id}-other")
    assert await Containers(other).list_ours() == []
    await other.close()


async def test_container_made_by_hand_from_our_image_is_not_ours(box: Box) -> None:
    """A shell that I start from an app's image is not cleaned away."""
    image = await box.build("FROM BASE\n")
    made = await box.engine.call("create_container", image, ["sleep", "60"])
    try:
        labels = (await box.containers.inspect(made["Id"])).labels
        assert labels["sotabox.instance"] == box.instance_id
        assert await box.containers.list_ours() == []
    finally:
        await box.containers.remove(made["Id"])


async def test_follow_gives_lines_live_in_both_streams(box: Box, run: Run) -> None:
    """I watch my app's log as it is printed."""
    id_ = await run("echo out; sleep 0.5; echo err >&2; printf unended", role=Role.RELEASE)
    async with asyncio.timeout(10):
        lines = [line async for line in box.containers.follow(id_)]
    assert [(line.stream, line.text) for line in lines[:2]] == [
        ("stdout", "out"),
        ("stderr", "err"),
    ]
    assert "unended" in await box.containers.tail(id_, 3)


async def test_follow_since_a_line_gives_only_later_ones(box: Box, run: Run) -> None:
    """After a gap the log goes on where it stopped, nothing twice."""
    id_ = await run("for i in 1 2 3 4 5; do echo $i; done", role=Role.RELEASE)
    await box.containers.wait_exit(id_, 10)
    lines = [line async for line in box.containers.follow(id_)]
    assert [line.text for line in lines] == ["1", "2", "3", "4", "5"]
    rest = [line.text async for line in box.containers.follow(id_, since=lines[2].at)]
    assert rest == ["4", "5"]
    assert await box.containers.tail(id_, 2) == ["4", "5"]


async def test_follow_joins_a_line_of_many_frames(box: Box, run: Run) -> None:
    """A long line of my app's log arrives whole."""
    id_ = await run("head -c 50000 /dev/zero | tr '\\0' x; echo; echo next", role=Role.RELEASE)
    await box.containers.wait_exit(id_, 10)
    assert await box.containers.tail(id_, 10) == ["x" * 50000, "next"]


async def test_wait_exit_past_its_time_raises(box: Box, run: Run) -> None:
    """A one-time command that never ends does not hold up the deployment."""
    id_ = await run("sleep 600")
    with pytest.raises(TimeoutError):
        await box.containers.wait_exit(id_, 0.5)
