"""What a fault is, and one round of it."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from tests.appliance.visitors import visitors
from tests.chaos import leftovers
from tests.chaos.world import APPS, Promise, World

_PAUSE_S: Final = 0.05  # of a visitor between two requests
_LOOK_EVERY_S: Final = 0.25


@dataclass(frozen=True, slots=True)
class Fault:
    """A way to break a box. `strike` returns when the fault is over and recovery begins."""

    name: str
    title: str
    strike: Callable[[World], list[Promise]]
    #: Why visitors lose requests, where that is the fault's nature; else they must lose none.
    loses: str = ""
    #: Those whose requests count: all who are not struck themselves.
    apps: tuple[str, ...] = APPS
    #: Brings the world into the state that is to be broken, before the visitors come.
    prepare: Callable[[World], object] = lambda _: None
    well_s: float = 120


@dataclass(slots=True)
class Row:
    """What the rounds of a fault showed."""

    fault: Fault
    recoveries_s: list[float] = field(default_factory=list)
    requests: int = 0
    failed: int = 0
    kinds: dict[str, int] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)

    @property
    def rounds(self) -> int:
        return len(self.recoveries_s)

    @property
    def good(self) -> bool:
        """Whether the fault did no harm."""
        return not self.left and not (self.failed and not self.fault.loses)


def strike(world: World, row: Row) -> None:
    """One round: visitors come, the fault strikes, and all must be well in time."""
    fault = row.fault
    fault.prepare(world)
    with visitors(world.box, fault.apps, _PAUSE_S) as loads:
        try:
            promises = fault.strike(world)
        except AssertionError as error:
            row.left.append(f"the fault did not strike: {error}")
            promises = []
        began = time.monotonic()
        left = leftovers.find(world, promises)
        while left and time.monotonic() - began < fault.well_s:
            time.sleep(_LOOK_EVERY_S)
            left = leftovers.find(world, promises)
        row.recoveries_s.append(time.monotonic() - began)
    row.left += left
    for load in loads.values():
        row.requests += sum(load.outcomes.values())
        row.failed += sum(load.failures.values())
        for kind, count in load.failures.items():
            row.kinds[kind] = row.kinds.get(kind, 0) + count
    world.tidy()
