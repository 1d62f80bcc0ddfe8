"""What a fault is, and one round of it."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from tests.appliance.visitors import visitors
from tests.chaos import leftovers
from tests.chaos.record import Record
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
    found: Record = field(default_factory=Record)

    @property
    def rounds(self) -> int:
        return len(self.found.recoveries_s)

    @property
    def good(self) -> bool:
        """Whether the fault did no harm."""
        return not self.found.left and not (self.found.failed and not self.fault.loses)


def strike(world: World, row: Row) -> None:
    """One round: visitors come, the fault strikes, and all must be well in time."""
    fault = row.fault
    fault.prepare(world)
    missed = []
    with visitors(world.box, fault.apps, _PAUSE_S) as loads:
        try:
            promises = fault.strike(world)
        except AssertionError as error:
            missed = [f"the fault did not strike: {error}"]
            promises = []
        began = time.monotonic()
        left = leftovers.find(world, promises)
        while left and time.monotonic() - began < fault.well_s:
            time.sleep(_LOOK_EVERY_S)
            left = leftovers.find(world, promises)
        row.found.count(time.monotonic() - began, missed + left)
    for load in loads.values():
        row.found.count_visits(sum(load.outcomes.values()), load.failures)
    world.tidy()
