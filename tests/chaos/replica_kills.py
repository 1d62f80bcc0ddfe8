"""kill -9 of sotabox while an app of several replicas is deployed, rolled back and scaled.

Where each replica passes a point, the box dies when the second one does: one is done, one is at it,
and one is still to come.
"""

from collections.abc import Callable, Iterable
from typing import Final

from sotabox.fault_points import FaultPoint
from tests.chaos import acts, leftovers
from tests.chaos.faults import Fault
from tests.chaos.kills import RELOADS
from tests.chaos.strikes import killed, killed_again
from tests.chaos.world import APPS, CROWD, Act, World, files_of, wait_until

_STARTS: Final = (FaultPoint.CANDIDATE_CREATED, FaultPoint.CANDIDATE_STARTED)
_SWAPS: Final = (
    FaultPoint.CANDIDATE_HEALTHY,
    FaultPoint.UPSTREAM_WRITTEN,
    FaultPoint.UPSTREAM_RENAMED,
    FaultPoint.SWAP_NOTED,
)
_ENDS: Final = (
    FaultPoint.DRAIN_BEGUN,
    FaultPoint.DRAIN_ENDED,
    FaultPoint.OLD_STOPPED,
    FaultPoint.OLD_REMOVED,
)
_BROKEN: Final = acts.deploy(CROWD, steps="ENV MODE=exit\n", ends=("failed",))
#: Whose requests count: one of the others stands for them all.
_APPS: Final = (APPS[0], CROWD)


def _served_by(replicas: int) -> Callable[[World], None]:
    """As many containers serve, of a version that has another to go back to; nothing drains."""

    def prepare(world: World) -> None:
        box = world.box
        if box.request("GET", f"/v1/projects/{CROWD}").status == 404:
            box.create(CROWD)
            for _ in range(2):
                assert box.deploy(CROWD, files_of(CROWD))["status"] == "running"
        wanted = {"replicas": replicas}
        assert box.request("PATCH", f"/v1/projects/{CROWD}/settings", wanted).status == 200
        if box.request("GET", f"/v1/projects/{CROWD}").data["replicas"] != replicas:
            assert box.again(CROWD)["status"] == "running"
        wait_until(lambda: not leftovers.find(world, []), "a box in order")

    return prepare


def _rows(
    verb: str,
    title: str,
    act: Act,
    points: Iterable[FaultPoint],
    *,
    before: int,
    after: int,
    loses: str = "",
) -> list[Fault]:
    """A row a point, of something that puts `after` containers in the place of `before`."""
    often = {*(_STARTS if after > 1 else ()), *(_ENDS if before > 1 else ())}
    return [
        Fault(
            f"kill-{verb}-{point}",
            f"kill -9 at *{point.replace('-', ' ')}* of {title}",
            killed(point, act, 2 if point in often else 1),
            loses=loses,
            apps=_APPS,
            prepare=_served_by(before),
        )
        for point in points
    ]


def replica_kills() -> list[Fault]:
    """Those in which several containers serve, or are about to."""
    noted = (FaultPoint.UPSTREAM_RENAMED, FaultPoint.SWAP_NOTED)
    faults = [
        *_rows("replicas", "a redeploy of 3 replicas", acts.redeploy(CROWD),
               (*_STARTS, *_SWAPS, *_ENDS), before=3, after=3),
        *_rows("replicas-fresh", "a deploy of 3 replicas", acts.deploy(CROWD),
               (FaultPoint.IMAGE_BUILT, FaultPoint.DEPLOY_BEGUN, *noted), before=3, after=3),
        *_rows("replicas-failing", "3 replicas that exit", _BROKEN,
               (FaultPoint.FAILURE_NOTED,), before=3, after=3),
        *_rows("replicas-back", "a rollback of 3 replicas", acts.roll_back(CROWD),
               (*noted, FaultPoint.OLD_REMOVED), before=3, after=3),
        *_rows("replicas-up", "1 replica to 3", acts.scale(CROWD, 3),
               (*_STARTS, *_SWAPS, FaultPoint.OLD_REMOVED), before=1, after=3),
        *_rows("replicas-down", "3 replicas to 1", acts.scale(CROWD, 1),
               (*_SWAPS, *_ENDS), before=3, after=1),
        *_rows("replicas-other", "3 replicas to 5", acts.scale(CROWD, 5),
               (*_STARTS, *noted, FaultPoint.OLD_REMOVED), before=3, after=5,
               loses=RELOADS),  # its route is made for more containers than it ever had
    ]  # fmt: skip
    again = [
        Fault(
            f"kill-replicas-{point}",
            f"kill -9 at *{point.replace('-', ' ')}* after one in a swap of 3 replicas",
            killed_again(FaultPoint.UPSTREAM_RENAMED, point, acts.redeploy(CROWD)),
            apps=_APPS,
            prepare=_served_by(3),
        )
        for point in (FaultPoint.TORSOS_REMOVED, FaultPoint.REPAIR_APPLIED)
    ]
    return [*faults, *again]
