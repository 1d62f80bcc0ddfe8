"""Faults of the engine and the machine: stopped, killed, slow, silent, without power."""

import os
import signal
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from typing import Final

from sotabox.fault_points import FaultPoint
from tests.appliance.visitors import served_by
from tests.chaos import acts
from tests.chaos.box_faults import meanwhile
from tests.chaos.faults import Fault
from tests.chaos.world import APPS, Act, Promise, World, wait_until

_AWAY_S: Final = 3
_SILENT_S: Final = 15
_SLOW_S: Final = 0.3
_TAKEN: Final = "the engine takes the apps along"
STAGES: Final = (
    FaultPoint.BUILD_BEGUN,
    FaultPoint.DEPLOY_BEGUN,
    FaultPoint.CANDIDATE_CREATED,
    FaultPoint.CANDIDATE_HEALTHY,
    FaultPoint.SWAP_NOTED,
    FaultPoint.DRAIN_ENDED,
)


def _restarted(world: World, *, live_restore: bool) -> None:
    world.engine.stop()
    world.engine.start(live_restore=live_restore)
    wait_until(lambda: served_by(world.box, APPS) == {slug: slug for slug in APPS}, "the apps")


def _upgraded_at(point: FaultPoint) -> Act:
    """Stopped and started under live-restore, as an upgrade of Docker does it."""

    def strike(world: World) -> list[Promise]:
        promises = meanwhile(point, lambda _: world.engine.stop(), acts.deploy())(world)
        time.sleep(_AWAY_S)
        world.engine.start(live_restore=True)
        return promises

    return strike


def _stopped(world: World) -> list[Promise]:
    stop = meanwhile(FaultPoint.BUILD_BEGUN, lambda _: world.engine.stop(), acts.deploy())
    promises = stop(world)
    time.sleep(_AWAY_S)
    world.engine.start()
    return promises


def _killed(world: World) -> list[Promise]:
    kill = meanwhile(FaultPoint.CANDIDATE_STARTED, lambda _: world.engine.kill(), acts.deploy())
    promises = kill(world)
    time.sleep(_AWAY_S)
    world.engine.start()
    return promises


def _slow(world: World) -> list[Promise]:
    with world.proxy.slow(_SLOW_S):
        promises = acts.deploy()(world)
        wait_until(lambda: all(promise(world) is None for promise in promises), "the deployment")
    return promises


def _silent_at(point: FaultPoint) -> Act:
    """Connections are taken and nothing comes back, from one point of a deploy on."""

    def strike(world: World) -> list[Promise]:
        with ExitStack() as silence:
            hush = meanwhile(
                point, lambda _: silence.enter_context(world.proxy.silent()), acts.deploy()
            )
            promises = hush(world)
            time.sleep(_SILENT_S)
        return promises

    return strike


def _without_power(world: World, order: str) -> list[Promise]:
    """Everything is gone at once, in the midst of a deploy, and is started in some order."""
    with world.frozen_at(FaultPoint.CANDIDATE_HEALTHY, acts.deploy()) as acting:
        promises = acting.result()
        caddy = world.box.caddy_pid
        world.box.kill()
        os.kill(caddy, signal.SIGKILL)
        world.engine.power_off()
    starts: dict[str, Callable[[], object]] = {
        "caddy": lambda: world.box.spawn("caddy"),
        "engine": world.engine.start,
        "sotabox": lambda: world.box.start(wait=False),
    }
    for part in order.split():
        starts[part]()
    return promises


def _hungry(world: World) -> list[Promise]:
    assert world.box.visit("one", "/hog", method="POST").status == 502
    return []


def _crashing(world: World) -> list[Promise]:
    """It exits at each start, until the next deploy ends that."""
    with world.engine.client() as engine:
        mine = [
            c.id or ""
            for c in engine.containers.list(filters={"name": "one-"}, ignore_removed=True)
        ]
        assert world.box.visit("one", "/doom", method="POST").status == 502
        wait_until(
            lambda: any(engine.containers.get(id_).attrs["RestartCount"] >= 4 for id_ in mine),
            "four restarts",
        )
    return acts.redeploy()(world)


def engine_faults() -> list[Fault]:
    """All of them; those without power come last, as they begin a network anew."""
    around = ("two", "three")
    plain = partial(_restarted, live_restore=False)
    faults = [
        Fault("hungry", "an app is killed for its memory", _hungry, apps=around),
        Fault("crashing", "an app exits at each start", _crashing, apps=around),
        Fault("engine-slow", f"each word of the engine comes {_SLOW_S} s late", _slow),
    ]
    for point in STAGES:
        at = f"*{point.replace('-', ' ')}*"
        faults += [
            Fault(f"engine-silent-{point}", f"the engine hangs {_SILENT_S} s from {at} on",
                  _silent_at(point)),
            Fault(f"engine-upgraded-{point}", f"Docker restarts under live-restore at {at}",
                  _upgraded_at(point), prepare=partial(_restarted, live_restore=True)),
        ]  # fmt: skip
    faults += [
        Fault(
            "engine-stopped",
            "Docker stops and starts in a build",
            _stopped,
            loses=_TAKEN,
            prepare=plain,
        ),
        Fault(
            "engine-killed",
            "kill -9 of Docker in a health check",
            _killed,
            loses=_TAKEN,
            prepare=plain,
        ),
    ]
    for order in ("caddy engine sotabox", "engine sotabox", "sotabox engine"):
        faults.append(
            Fault(
                f"power-{order.replace(' ', '-')}",
                f"the power fails in a deploy; then {order.replace(' ', ', ')} start",
                partial(_without_power, order=order),
                apps=(),
            )
        )
    return faults
