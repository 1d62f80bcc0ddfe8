"""How the control plane and its machine are: the event loop's lag, memory, the load of a day."""

import asyncio
import os
import resource
import time
from collections import deque
from pathlib import Path
from typing import Final, Never

_TICK_S: Final = 2.0
_REMEMBERED: Final = 30  # ticks: a minute
#: The machine's load is noted every five minutes, for a day.
LOAD_EVERY_S: Final = 300
_LOADS: Final = 24 * 3600 // LOAD_EVERY_S
_STATM: Final = Path("/proc/self/statm")


class Vitals:
    """Figures of this process; `run` measures the event loop's lag, and notes the machine's load.

    Attributes:
        loads: moment (unix seconds) and load of the last day, since this process began.
    """

    def __init__(self) -> None:
        self._lags: deque[float] = deque(maxlen=_REMEMBERED)
        self.loads: deque[tuple[int, float]] = deque(maxlen=_LOADS)

    async def run(self) -> Never:
        """Measures how much later than asked a sleep ends; the root of its task."""
        while True:
            due = time.monotonic() + _TICK_S
            await asyncio.sleep(_TICK_S)
            self._lags.append(max(0.0, time.monotonic() - due))
            self._note_load(int(time.time()))

    def _note_load(self, moment: int) -> None:
        """The mean of the last five minutes, once for each five minutes."""
        step = moment - moment % LOAD_EVERY_S
        if not self.loads or self.loads[-1][0] < step:
            self.loads.append((step, os.getloadavg()[1]))

    @property
    def lag_s(self) -> float:
        """The event loop's longest lag of the last minute."""
        return max(self._lags, default=0.0)

    @property
    def resident_bytes(self) -> int:
        """Memory that this process has in RAM."""
        pages = int(_STATM.read_text(encoding="ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    @property
    def cpu_s(self) -> float:
        """CPU time that this process has used."""
        used = resource.getrusage(resource.RUSAGE_SELF)
        return used.ru_utime + used.ru_stime
