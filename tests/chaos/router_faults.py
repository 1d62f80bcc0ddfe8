"""Faults of Caddy: killed, and its state lost or turned to rubbish."""

import os
import secrets
import signal
from functools import partial
from typing import Final

from sotabox.fault_points import FaultPoint
from tests.chaos import acts
from tests.chaos.box_faults import meanwhile
from tests.chaos.faults import Fault
from tests.chaos.world import Promise, World

_ANSWERS: Final = "it is Caddy that answers visitors"


def _kill(world: World) -> None:
    os.kill(world.box.caddy_pid, signal.SIGKILL)


def _killed(world: World) -> list[Promise]:
    _kill(world)
    return []


def _killed_beside_box(world: World) -> list[Promise]:
    caddy = world.box.caddy_pid
    world.box.kill()
    os.kill(caddy, signal.SIGKILL)
    world.box.start(wait=False)
    return []


def _lost(world: World, *, stopped: bool, garbled: bool) -> list[Promise]:
    """The router's folder goes, or what is in it is overwritten with rubbish."""
    folder = world.box.directory / "router"
    if stopped:
        caddy = world.box.caddy_pid
        world.box.kill()
        os.kill(caddy, signal.SIGKILL)
    if garbled:
        for path in (folder / "caddy.json", *(folder / "upstreams").iterdir()):
            path.write_bytes(secrets.token_bytes(200))
    else:
        folder.rename(folder.with_name(f"away-{secrets.token_hex(4)}"))
    if stopped:
        world.box.start(wait=False)
    return []


def router_faults() -> list[Fault]:
    """All of them."""
    faults = [
        Fault("caddy-killed", "kill -9 of Caddy", _killed, loses=_ANSWERS),
        Fault("caddy-and-box", "kill -9 of Caddy and sotabox", _killed_beside_box, loses=_ANSWERS),
        Fault(
            "caddy-in-swap",
            "kill -9 of Caddy between a swap and its note",
            meanwhile(FaultPoint.UPSTREAM_RENAMED, _kill, acts.redeploy()),
            loses=_ANSWERS,
        ),
    ]
    for stopped in (True, False):
        when = "while all is stopped" if stopped else "while all is running"
        for garbled in (True, False):
            what = "overwritten with rubbish" if garbled else "removed"
            faults.append(
                Fault(
                    f"caddy-state-{'garbled' if garbled else 'lost'}-"
                    f"{'stopped' if stopped else 'running'}",
                    f"Caddy's document and the upstream files are {what} {when}",
                    partial(_lost, stopped=stopped, garbled=garbled),
                    loses="visitors are sent by these files",
                )
            )
    return faults
