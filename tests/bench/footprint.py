"""What a box costs while nothing happens: memory, CPU, and the time until it is ready."""

import os
import time
from pathlib import Path

from tests.bench.shipped import shipped_python
from tests.bench.table import show
from tests.box import Box, running_box

APPS = 20
IDLE_S = 60
STARTS = 5
_TICK_S = 1 / os.sysconf("SC_CLK_TCK")


def run(apps: int = APPS, idle_s: int = IDLE_S) -> None:
    """Prints the figures of a box with some small apps."""
    with running_box(python=shipped_python()) as box:
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
        idle = {name: [(_cpu_s(pid) - before[name]) / idle_s * 100] for name, pid in names.items()}
        memory = {name: [rss_mb(pid)] for name, pid in names.items()}
        memory |= {f"{name}: without what is on disk": [own_mb(pid)] for name, pid in names.items()}
        about = f"Idle with {apps} apps"
        show(f"{about}: memory", list(memory.items()), "MB", compared=False)
        show(f"{about}: processor", list(idle.items()), "% of a core", compared=False)
        show(f"{about}: from start to ready", [("sotabox", ready)], compared=False)


def _start(box: Box) -> float:
    seconds = box.start()
    box.stop()
    return seconds


def rss_mb(pid: int) -> float:
    """A process's memory, with the parts of its program and libraries that were read from the disk."""
    return _status_mb(pid, "VmRSS")


def own_mb(pid: int) -> float:
    """A process's memory without these parts, which the kernel drops where memory is scarce."""
    return _status_mb(pid, "RssAnon")


def _status_mb(pid: int, field: str) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if field in line) / 1000


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * _TICK_S
