"""Whether the machine has memory to spare for another build."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from sotabox.engine.diagnosis import BuildFailed

PROC: Final = Path("/proc")
_STALLED_PERCENT_MAX: Final = 10.0
_LOOK_S: Final = 1.0
_MB: Final = 1_000_000


def read_memory(meminfo: str) -> tuple[int, int]:
    """Total and available memory in bytes, from the text of `/proc/meminfo`."""
    fields = dict(line.split(":", 1) for line in meminfo.splitlines() if ":" in line)
    total, available = (
        int(fields[name].split()[0]) * 1024 for name in ("MemTotal", "MemAvailable")
    )
    return total, available


def read_stalled_percent(pressure: str) -> float:
    """How much of the last ten seconds all work stood still for want of memory.

    Args:
        pressure: the text of `/proc/pressure/memory`; kernels without it give nothing.
    """
    for line in pressure.splitlines():
        kind, *values = line.split()
        if kind == "full":
            return float(dict(value.split("=", 1) for value in values)["avg10"])
    return 0.0


def why_wait(meminfo: str, pressure: str, floor_bytes: int) -> str | None:
    """Why no build should begin now, in words; None when one may."""
    _, available = read_memory(meminfo)
    if available < floor_bytes:
        return f"only {available // _MB} MB of memory are free, of {floor_bytes // _MB} MB wanted"
    stalled = read_stalled_percent(pressure)
    if floor_bytes and stalled > _STALLED_PERCENT_MAX:
        return f"the machine stands still {stalled:.0f} % of the time for want of memory"
    return None


class MemoryGate:
    """Holds builds back while memory is short."""

    def __init__(self, floor_bytes: int, patience_s: float, proc: Path = PROC) -> None:
        """A gate that opens above `floor_bytes` of available memory; 0 leaves it open."""
        self._floor_bytes = floor_bytes
        self._patience_s = patience_s
        self._proc = proc

    async def wait(self, on_line: Callable[[str], None]) -> None:
        """Returns when a build may begin; says why it waits.

        Raises:
            BuildFailed: memory stayed short for as long as we wait.
        """
        deadline = time.monotonic() + self._patience_s
        told = False
        while (why := self._why()) is not None:
            if not told:
                on_line(f"Waiting to build: {why}")
                told = True
            if time.monotonic() > deadline:
                raise BuildFailed(
                    f"The build was not begun: for {self._patience_s:g} s {why}.",
                    hint="Stop an app, give the server more memory, or lower "
                    "SOTABOX_BUILD_MEMORY_FLOOR_MB.",
                )
            await asyncio.sleep(_LOOK_S)

    def _why(self) -> str | None:
        return why_wait(
            (self._proc / "meminfo").read_text(encoding="ascii"),
            _read_optional(self._proc / "pressure/memory"),
            self._floor_bytes,
        )


def total_memory_bytes(proc: Path = PROC) -> int:
    """The machine's memory."""
    return read_memory((proc / "meminfo").read_text(encoding="ascii"))[0]


def _read_optional(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except OSError:
        return ""
