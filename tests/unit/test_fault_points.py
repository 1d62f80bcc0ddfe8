"""Fault points: nothing in production, an end at a chosen moment under test."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sotabox.fault_points import VARIABLE, FaultPoint, arm, reach

SOURCES = Path(__file__).parents[2] / "sotabox"
PROGRAM = """
from sotabox.fault_points import FaultPoint, reach
reach(FaultPoint.DRAIN_BEGUN)
print("passed", flush=True)
reach(FaultPoint.DRAIN_ENDED)
print("survived", flush=True)
"""


def test_point_of_a_process_that_was_told_nothing_is_an_empty_call() -> None:
    """A box in production never looks for a fault."""
    assert arm({}) is reach


def test_named_point_ends_the_process_once(tmp_path: Path) -> None:
    """The process dies there and nowhere else; the one that is started after it goes on."""
    file = tmp_path / "fault"
    file.write_text(f"KILL {FaultPoint.DRAIN_ENDED}")
    command = [sys.executable, "-c", PROGRAM]
    environ = {VARIABLE: str(file), "PYTHONPATH": str(SOURCES.parent)}
    killed, next_one = (
        subprocess.run(command, env=environ, stdout=subprocess.PIPE, text=True, check=False)
        for _ in range(2)
    )
    assert (killed.returncode, killed.stdout) == (-signal.SIGKILL, "passed\n")
    assert (next_one.returncode, next_one.stdout) == (0, "passed\nsurvived\n")


def test_point_that_is_passed_several_times_ends_the_process_the_time_that_is_named(
    tmp_path: Path,
) -> None:
    """Of three replicas one is done, one is at it, and one is still to come."""
    file = tmp_path / "fault"
    file.write_text(f"KILL {FaultPoint.DRAIN_BEGUN} 2")
    program = PROGRAM + PROGRAM.replace("passed", "passed again")
    environ = {VARIABLE: str(file), "PYTHONPATH": str(SOURCES.parent)}
    killed = subprocess.run(
        [sys.executable, "-c", program], env=environ, stdout=subprocess.PIPE, text=True, check=False
    )
    assert (killed.returncode, killed.stdout) == (-signal.SIGKILL, "passed\nsurvived\n")
    assert not file.exists()


@pytest.mark.parametrize("point", FaultPoint)
def test_point_stands_in_the_code(point: FaultPoint) -> None:
    """A state that has a name is a state in which the box can be cut off."""
    call = f"reach(FaultPoint.{point.name})"
    assert any(call in path.read_text() for path in SOURCES.rglob("*.py"))
