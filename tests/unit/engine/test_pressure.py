"""When builds wait for memory."""

import asyncio
from pathlib import Path

import pytest

from sotabox.engine.diagnosis import BuildFailed
from sotabox.engine.pressure import MemoryGate, read_memory, read_stalled_percent, why_wait

MEMINFO = """\
MemTotal:        1014000 kB
MemFree:           20000 kB
MemAvailable:     300000 kB
HugePages_Total:       0
"""
CALM = "some avg10=3.00 avg60=1.00 avg300=0.20 total=99\nfull avg10=0.00 avg60=0.00 total=9\n"
STALLED = CALM.replace("full avg10=0.00", "full avg10=23.40")


def test_memory_is_read_in_bytes() -> None:
    """The kernel's kB are 1024 bytes."""
    assert read_memory(MEMINFO) == (1_038_336_000, 307_200_000)


def test_pressure_that_the_kernel_lacks_counts_as_none() -> None:
    """Kernels without pressure figures build as well."""
    assert read_stalled_percent("") == 0
    assert read_stalled_percent(STALLED) == 23.4


@pytest.mark.parametrize(
    ("pressure", "floor_bytes", "words"),
    [
        (CALM, 100_000_000, None),
        (CALM, 400_000_000, "only 307 MB of memory are free, of 400 MB wanted"),
        (STALLED, 100_000_000, "stands still 23 % of the time"),
        (STALLED, 0, None),
        ("", 100_000_000, None),
    ],
)
def test_reason_to_wait_names_what_is_short(
    pressure: str, floor_bytes: int, words: str | None
) -> None:
    """I see in the log why my build has not begun."""
    why = why_wait(MEMINFO, pressure, floor_bytes)
    assert why is None if words is None else why is not None and words in why


async def test_gate_opens_when_memory_comes_back(tmp_path: Path) -> None:
    """A build waits, says so once, and begins when there is room."""
    (tmp_path / "meminfo").write_text(MEMINFO)
    said = list[str]()
    waiting = asyncio.create_task(MemoryGate(400_000_000, 60, tmp_path).wait(said.append))
    async with asyncio.timeout(10):
        while not said:
            await asyncio.sleep(0)
        (tmp_path / "meminfo").write_text(MEMINFO.replace("300000", "500000"))
        await waiting
    assert said == ["Waiting to build: only 307 MB of memory are free, of 400 MB wanted"]


async def test_gate_gives_up_with_what_to_do(tmp_path: Path) -> None:
    """No build waits for ever; its deployment says what would help."""
    (tmp_path / "meminfo").write_text(MEMINFO)
    with pytest.raises(BuildFailed) as caught:
        await MemoryGate(400_000_000, 0, tmp_path).wait(print)
    assert "only 307 MB" in caught.value.message
    assert caught.value.hint is not None
    assert "SOTABOX_BUILD_MEMORY_FLOOR_MB" in caught.value.hint
