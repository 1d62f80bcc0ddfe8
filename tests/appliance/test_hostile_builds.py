"""Builds that would take the machine down: each fails by itself, and its neighbours never notice.

They run on an engine of their own, whose disk is small and whose builds have little.
"""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.box import Box, running_box
from tests.integration.router.load import Load
from tests.machine.private_engine import PrivateEngine, private_engine

DISK_MB = 500
MEMORY_MB = 500
PROCESSES = 80
TIMEOUT_S = 8

pytestmark = [pytest.mark.engine, pytest.mark.slow]


@pytest.fixture(scope="module")
def engine(python_base: str) -> Iterator[PrivateEngine]:
    """An engine that holds Python."""
    with private_engine(size_mb=DISK_MB) as engine:
        engine.start()
        engine.load(python_base)
        yield engine


@pytest.fixture(scope="module")
def box(engine: PrivateEngine) -> Iterator[Box]:
    """A box with a neighbour that serves."""
    app = Path(__file__).parent / "app"
    with running_box(
        engine,
        build_memory_mb=str(MEMORY_MB),
        build_pids=str(PROCESSES),
        build_timeout_s=str(TIMEOUT_S),
    ) as box:
        box.create("neighbour")
        files = {name: (app / name).read_text() for name in ("Dockerfile", "server.py")}
        deployment = box.deploy("neighbour", files)
        assert deployment["status"] == "running", deployment
        box.create("hostile")
        yield box


async def build(box: Box, script: str) -> tuple[dict[str, Any], str]:
    """Deploys an app whose build runs a Python script; its end and its log.

    A neighbour is asked all the while, and answers every time.
    """
    files = {
        "Dockerfile": "FROM python:3.13-slim\nCOPY hostile.py /\nRUN python3 /hostile.py\n",
        "hostile.py": script,
    }
    load = Load(
        box.port, "neighbour.localhost", 4, fresh=2, pause_s=0.01, make_socket=box.make_socket
    )
    running = asyncio.create_task(load.run())
    deployment = await asyncio.to_thread(box.deploy, "hostile", files)
    load.end()
    await running
    assert load.failures == {}, load.outcomes
    assert load.outcomes["ok"] > 20, "the neighbour was hardly asked"
    log = await asyncio.to_thread(box.log_of, "hostile", deployment["id"])
    assert "Warning: the build runs without" not in log
    return deployment, log


async def test_fork_bomb_fails_at_its_limit(box: Box) -> None:
    """The bomb meets the limit on processes; the error says so and names the setting."""
    deployment, _ = await build(box, "import os\nwhile True:\n    os.fork()\n")
    assert deployment["status"] == "failed"
    assert "could start no more processes" in deployment["error"]
    assert "SOTABOX_BUILD_PIDS" in deployment["hint"]


async def test_build_that_eats_memory_is_ended_and_told_why(box: Box) -> None:
    """The kernel ends the build, not an app; the error says how much there was and what to set."""
    script = "eaten = []\nwhile True:\n    eaten.append(bytearray(10_000_000))\n"
    deployment, _ = await build(box, script)
    assert deployment["status"] == "failed"
    assert f"ran out of memory: builds may use {MEMORY_MB} MB" in deployment["error"]
    assert "SOTABOX_BUILD_MEMORY_MB" in deployment["hint"]


async def test_build_whose_child_is_killed_is_told_why_as_well(box: Box) -> None:
    """A compiler's worker that is killed makes the build end with a code that says nothing."""
    script = (
        "import subprocess, sys\n"
        'code = "eaten = []\\nwhile True: eaten.append(bytearray(10_000_000))"\n'
        'sys.exit(2 if subprocess.run([sys.executable, "-c", code]).returncode else 0)\n'
    )
    deployment, _ = await build(box, script)
    assert deployment["status"] == "failed"
    assert "ran out of memory" in deployment["error"]
    assert "exit code 2" in deployment["error"]


async def test_build_that_fills_the_disk_fails_and_gives_it_back(
    box: Box, engine: PrivateEngine
) -> None:
    """The error names the full disk, and what the build wrote is free again."""
    free_before = engine.free_bytes()
    assert free_before < MEMORY_MB * 900_000, "memory, in which this disk lies, would end first"
    script = (
        "with open('/ballast', 'wb') as file:\n    while True:\n        file.write(bytes(4096))\n"
    )
    deployment, log = await build(box, script)
    assert deployment["status"] == "failed"
    assert "The disk on which Docker keeps its data is full" in deployment["error"]
    assert "Free some space" in deployment["hint"]
    assert "No space left on device" in log
    async with asyncio.timeout(10):
        while engine.free_bytes() < free_before * 0.8:
            await asyncio.sleep(0.1)


async def test_build_that_prints_without_end_keeps_its_log_small(box: Box) -> None:
    """200 MB of output cost neither disk nor memory, and the log says that it was cut."""
    script = (
        "import sys\n"
        "line = b'x' * 99 + b'\\n'\n"
        "for _ in range(2000):\n    sys.stdout.buffer.write(line * 1000)\n"
        "sys.exit(9)\n"
    )
    deployment, log = await build(box, script)
    assert deployment["status"] == "failed"
    assert "exit code 9" in deployment["error"]
    assert len(log) < 10_000_000
    assert "output clipped" in log


async def test_build_that_never_ends_is_ended(box: Box) -> None:
    """Its time is bounded; the error says how long it had and which setting gives more."""
    began = time.monotonic()
    deployment, _ = await build(box, "import time\nwhile True:\n    time.sleep(60)\n")
    assert deployment["status"] == "failed"
    assert f"ended after {TIMEOUT_S} s" in deployment["error"]
    assert "SOTABOX_BUILD_TIMEOUT_S" in deployment["hint"]
    assert TIMEOUT_S <= time.monotonic() - began < TIMEOUT_S + 5


async def test_build_that_is_cancelled_ends_within_a_second(box: Box) -> None:
    """A cancel stops the build at once: its processes are gone a second after the call."""
    script = "import time\nprint('under way', flush=True)\nwhile True:\n    time.sleep(60)\n"
    answer = await asyncio.to_thread(
        box.upload,
        "hostile",
        {
            "Dockerfile": "FROM python:3.13-slim\nCOPY cancel.py /\nRUN python3 /cancel.py\n",
            "cancel.py": script,
        },
    )
    id_ = answer.data["id"]
    await asyncio.to_thread(_wait_for_line, box, id_, "under way")
    assert _processes("/cancel.py") > 0
    began = time.monotonic()
    path = f"/v1/projects/hostile/deployments/{id_}/cancel"
    cancelled = await asyncio.to_thread(box.request, "POST", path)
    async with asyncio.timeout(10):
        while _processes("/cancel.py"):
            await asyncio.sleep(0.01)
    assert time.monotonic() - began < 1
    assert cancelled.status == 200
    assert (cancelled.data["status"], cancelled.data["error"]) == ("stopped", "Cancelled")
    again = await asyncio.to_thread(box.request, "POST", path)
    assert (again.status, again.error["code"]) == (409, "conflict")


def _wait_for_line(box: Box, deployment_id: str, words: str) -> None:
    for line in box.stream("hostile", deployment_id):
        if line.endswith(words):
            return
    raise AssertionError(f"the log never said {words!r}")


def _processes(script: str) -> int:
    """How many processes of this machine run a Python script of that path."""
    wanted = f"python3\0{script}\0".encode()
    return sum(_command(entry) == wanted for entry in Path("/proc").iterdir())


def _command(process: Path) -> bytes:
    try:
        return (process / "cmdline").read_bytes()
    except (OSError, NotADirectoryError):
        return b""
