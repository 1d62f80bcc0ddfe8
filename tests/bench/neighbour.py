"""What visitors of an app notice of a build that takes all that it is given.

Idle and beside a build, in turns in one run: the app's answers through Caddy, with a few visitors who
ask again and again. The build spins on every core and writes through all its memory. It runs on an
engine of its own, so that nothing else on the machine is bounded with it.
"""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.table import show
from tests.box import Box, running_box
from tests.integration.router.load import Load
from tests.machine.private_engine import private_engine

ROUNDS = 4
PHASE_S = 6.0
MEMORY_MB = 1000
_ROOT = Path(__file__).resolve().parents[2]
_APP = _ROOT / "tests/appliance/app"

DOCKERFILE = "FROM python:3.13-slim\nCOPY eat.py /\nRUN python3 /eat.py\n"
EAT = """\
import os
import sys

ROUND = "{round}"
cores = os.cpu_count()
for _ in range(2 * cores - 1):
    if os.fork() == 0:
        break
eaten = bytearray({share_mb} * 1_000_000)
print("eating", flush=True)
while True:
    for place in range(0, len(eaten), 4096):
        eaten[place] = (eaten[place] + 1) & 255
"""


def run(rounds: int = ROUNDS, phase_s: float = PHASE_S) -> None:
    """Prints the app's latencies idle and beside a build, and how the 99th percentiles compare."""
    subprocess.run([sys.executable, str(_ROOT / "tests/bases/make.py"), "python"], check=True)
    with private_engine() as engine:
        engine.start()
        engine.load("python:3.13-slim")
        with running_box(engine, build_memory_mb=str(MEMORY_MB)) as box:
            box.create("neighbour")
            box.create("hungry")
            files = {name: (_APP / name).read_text() for name in ("Dockerfile", "server.py")}
            deployment = box.deploy("neighbour", files)
            assert deployment["status"] == "running", deployment
            _measure(box, 2.0)  # caches and connections are warm then
            idle, beside = [], []
            for number in range(rounds):
                idle.append(_measure(box, phase_s))
                with _eating(box, number):
                    beside.append(_measure(box, phase_s))
    about = (
        f"An app's answers beside a build that eats {MEMORY_MB} MB and all cores, {rounds} rounds"
    )
    sides = {"idle": _latencies_ms(idle), "beside the build": _latencies_ms(beside)}
    show(about, list(sides.items()), "ms")
    high = {name: [_p99(latencies)] for name, latencies in sides.items()}
    show(f"{about}: 99th percentile", list(high.items()), "ms")
    failed = sum(sum(load.failures.values()) for load in (*idle, *beside))
    show(f"{about}: failed requests", [("both", [failed])], "", compared=False)


def _measure(box: Box, seconds: float) -> Load:
    """Asks the app for some time; answers that failed are in the load's `failures`."""
    load = Load(
        box.port, "neighbour.localhost", 4, fresh=1, pause_s=0.005, make_socket=box.make_socket
    )

    async def measure() -> None:
        running = asyncio.create_task(load.run())
        await asyncio.sleep(seconds)
        load.end()
        await running

    asyncio.run(measure())
    return load


@contextmanager
def _eating(box: Box, number: int) -> Iterator[None]:
    """A build that eats for the time of the block, and is cancelled then."""
    share_mb = int(MEMORY_MB * 0.9 / (2 * (os.cpu_count() or 1)))
    eat = EAT.format(round=number, share_mb=share_mb)
    id_ = box.upload("hungry", {"Dockerfile": DOCKERFILE, "eat.py": eat}).data["id"]
    lines = box.stream("hungry", id_)
    assert any(line.endswith(" eating") for line in lines), "the build never began to eat"
    yield
    answer = box.request("POST", f"/v1/projects/hungry/deployments/{id_}/cancel")
    assert answer.status == 200, "the build ended by itself: " + box.log_of("hungry", id_)


def _latencies_ms(loads: list[Load]) -> list[float]:
    return sorted(latency * 1000 for load in loads for latency in load.latencies_s)


def _p99(latencies: list[float]) -> float:
    return latencies[int(len(latencies) * 0.99)]
