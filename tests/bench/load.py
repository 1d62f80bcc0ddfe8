"""A full box: many projects, users, routes and deployments of the past; then all at once.

Deploys are queued by all users together, hundreds read one build's log, and the API is asked all the
while. A log of a million lines is then read in every way that there is. The engine cuts what a step of a
build says at 2 MB, so that log is written by the box's own writer, beside it.
"""

import time
from collections.abc import Sequence

from tests.bench.full_box import FULL, FullBox, Size
from tests.bench.shipped import shipped_python
from tests.bench.table import show
from tests.bench.watching import Memory
from tests.box import running_box


def run(size: Size = FULL) -> None:
    """Prints times, latencies and memory of a box that is full, beside its own at rest."""
    with running_box(python=shipped_python(), queue_max=str(size.projects)) as box:
        full = FullBox(box, size)
        full.fill()
        memory = Memory(box)
        latencies: list[tuple[str, list[float]]] = []
        with memory.during("at rest"), full.probing("at rest", latencies):
            time.sleep(size.idle_s)
        with memory.during("under load"), full.probing("under load", latencies):
            settled_s, read_s = full.load()
        print(f"loaded: {settled_s:.0f} s, read: {read_s:.0f} s", flush=True)
        full.write_long_log()
        with (
            full.visitor() as visitor,  # a login takes memory of its own for a moment: before
            memory.during("while the long log is read"),
            full.probing("long log", latencies),
        ):
            reads = full.read_long_log(visitor)
        with memory.during("at rest again"):
            time.sleep(size.idle_s)
        full.check_apps()
    _tell(size, settled_s, read_s, reads)
    few = size.projects // 5
    show(
        f"Creating {size.projects} projects, one after the other",
        [
            ("engine alone: a network beside none", full.networks_ms[0]),
            ("sotabox: the first fifth of the projects", full.creations_ms[:few]),
            ("engine alone: a network beside all of them", full.networks_ms[-1]),
            ("sotabox: the last fifth", full.creations_ms[-few:]),
        ],
        "ms",
    )
    about = f"{size.projects} apps, {size.history:,} deployments, {size.routes:,} routes"
    show(f"Answers of the API, {about}", latencies, "ms")
    high = [(name, [_p99(values)]) for name, values in latencies]
    show(f"Answers of the API, {about}: 99th percentile", high, "ms")
    for process, rows in memory.by_process.items():
        peaks = [(f"{name}: at most", [max(values)]) for name, values in rows]
        show(f"Memory of {process}, {about}", peaks, "MB")


def _tell(size: Size, settled_s: float, read_s: float, reads: dict[str, float]) -> None:
    show(
        f"{size.deploys} deploys queued at once by {size.users} users",
        [
            ("until all are settled", [settled_s]),
            (f"until {size.readers} readers have a build's log, all exact", [read_s]),
        ],
        compared=False,
    )
    rows = [(name, [seconds]) for name, seconds in reads.items()]
    show(f"A log of {size.long_log:,} lines", rows, compared=False)


def _p99(values: Sequence[float]) -> float:
    return sorted(values)[int(len(values) * 0.99)]
