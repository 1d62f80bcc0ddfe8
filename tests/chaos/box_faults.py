"""Faults of sotabox itself: told to end, started twice, its clock set, its database held by another."""

import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final

from sotabox.fault_points import FaultPoint
from tests.chaos import acts
from tests.chaos.faults import Fault
from tests.chaos.world import Act, Promise, World

#: Where a deploy is cut through; what lies between them is passed in no time.
STAGES: Final = (
    FaultPoint.DEPLOYMENT_ACCEPTED,
    FaultPoint.BUILD_BEGUN,
    FaultPoint.BUILD_NOTED,
    FaultPoint.CANDIDATE_STARTED,
    FaultPoint.CANDIDATE_HEALTHY,
    FaultPoint.UPSTREAM_RENAMED,
    FaultPoint.SWAP_NOTED,
    FaultPoint.DRAIN_BEGUN,
)
_LOCKED_S: Final = 30


def meanwhile(point: FaultPoint, trouble: Callable[[World], object], act: Act) -> Act:
    """A deploy that stands still at a point while the trouble begins, and then goes on."""

    def strike(world: World) -> list[Promise]:
        with world.frozen_at(point, act) as acting:
            trouble(world)
        return acting.result()

    return strike


def _terminated_at(point: FaultPoint) -> Act:
    def strike(world: World) -> list[Promise]:
        world.arm("TERM", point)
        promises = acts.deploy()(world)
        world.wait_for_death()
        world.box.start(wait=False)
        return promises

    return strike


def _second(world: World) -> list[Promise]:
    first = world.box.pid
    second = world.box.spawn("serve")
    assert second.wait(30) != 0, "the second one serves"
    assert f"process {first}" in world.box.logs[-1].read_text()
    return []


def _clock_set(offset: str) -> Act:
    """The box's clock jumps in the midst of a deploy; after the round it is right again."""

    def strike(world: World) -> list[Promise]:
        [library] = Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")
        clock = world.fault_file.with_name("clock")
        clock.write_text("+0")
        _restart(
            world,
            LD_PRELOAD=str(library),
            FAKETIME_TIMESTAMP_FILE=str(clock),
            FAKETIME_NO_CACHE="1",
            FAKETIME_DONT_FAKE_MONOTONIC="1",
        )
        world.later.append(lambda: _restart(world))
        jump = meanwhile(
            FaultPoint.CANDIDATE_STARTED, lambda _: _replace(clock, offset), acts.deploy()
        )
        return jump(world)

    return strike


def _replace(path: Path, text: str) -> None:
    fresh = path.with_suffix(".new")
    fresh.write_text(text)
    fresh.replace(path)


def _restart(world: World, **environ: str) -> None:
    assert world.box.stop() == 0
    os.environ.update(environ)
    try:
        world.box.start()
    finally:
        for name in environ:
            del os.environ[name]


def _locked_at(point: FaultPoint) -> Act:
    """Somebody else holds the database's write lock for longer than anybody waits."""

    def strike(world: World) -> list[Promise]:
        path = world.box.directory / "sotabox.db"
        with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other:
            deploy = acts.deploy(ends=("running", "failed"))
            promises = meanwhile(point, lambda _: other.execute("BEGIN IMMEDIATE"), deploy)(world)
            time.sleep(_LOCKED_S)
            other.execute("ROLLBACK")
        return promises

    return strike


def box_faults() -> list[Fault]:
    """Those that the machine can bring about."""
    faults = [
        Fault(f"term-{point}", f"SIGTERM at *{point.replace('-', ' ')}*", _terminated_at(point))
        for point in STAGES
    ]
    faults += [
        Fault(
            f"locked-{point}",
            f"the database is locked for {_LOCKED_S} s from *{point.replace('-', ' ')}* on",
            _locked_at(point),
        )
        for point in (
            FaultPoint.DEPLOYMENT_ACCEPTED,
            FaultPoint.CANDIDATE_HEALTHY,
            FaultPoint.UPSTREAM_RENAMED,
            FaultPoint.SWAP_NOTED,
        )
    ]
    faults.append(Fault("second", "a second sotabox on the same data directory", _second))
    faults += [
        Fault("clock-back", "the clock jumps back a day in a deploy", _clock_set("-1d")),
        Fault("clock-on", "the clock jumps on 30 days in a deploy", _clock_set("+30d")),
    ]
    return faults
