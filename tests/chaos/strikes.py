"""kill -9 of sotabox in the midst of what it was asked for."""

from collections.abc import Callable

from sotabox.fault_points import FaultPoint
from tests.chaos.world import Act, Promise, World

Strike = Callable[[World], list[Promise]]


def killed(point: FaultPoint, act: Act, times: int = 1) -> Strike:
    """The box dies at a point of what it was asked for, or when it is there for that many times."""

    def strike(world: World) -> list[Promise]:
        world.arm("KILL", point, times)
        promises = act(world)
        world.wait_for_death()
        world.box.start(wait=False)
        return promises

    return strike


def killed_again(first: FaultPoint, second: FaultPoint, act: Act) -> Strike:
    """Killed in a deploy, and once more in the start that repairs it."""

    def strike(world: World) -> list[Promise]:
        world.arm("KILL", first)
        promises = act(world)
        world.wait_for_death()
        world.arm("KILL", second)
        world.box.start(wait=False)
        world.wait_for_death()
        world.box.start(wait=False)
        return promises

    return strike
