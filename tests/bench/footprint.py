"""What a box costs while nothing happens: memory, CPU, and the time until it is ready."""

import os
import time
from pathlib import Path

from tests.box import Box, running_box

APPS = 20
IDLE_S = 60
STARTS = 5
_TICK_S = 1 / os.sysconf("SC_CLK_TCK")


def run(apps: int = APPS, idle_s: int = IDLE_S) -> None:
    """Prints the figures of a box with some small apps."""
    with running_box() as box:
        for number in range(apps):
            slug = f"app-{number}"
            box.create(slug)
            deployment = box.deploy(slug, {"index.html": f"<h1>{number}</h1>"})
            assert deployment["status"] == "running", deployment
        box.stop()
        ready = sorted(_start(box) for _ in range(STARTS))
        box.start()
        time.sleep(10)
        names = {"sotabox": box.pid, "Caddy": box.caddy_pid}
        before = {name: _cpu_s(pid) for name, pid in names.items()}
        time.sleep(idle_s)
        print(f"\nIdle with {apps} apps")
        for name, pid in names.items():
            share = (_cpu_s(pid) - before[name]) / idle_s * 100
            print(f"  {name:<8} {_rss_mb(pid):6.1f} MB RSS   {share:5.2f} % of a core")
        print(f"  start to ready: median {ready[len(ready) // 2]:.2f} s of {STARTS}")


def _start(box: Box) -> float:
    seconds = box.start()
    box.stop()
    return seconds


def _rss_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if "VmRSS" in line) / 1000


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * _TICK_S
