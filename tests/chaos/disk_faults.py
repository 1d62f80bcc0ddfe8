"""The box's disk is full from some moment of a deploy on, for a while."""

import time
from contextlib import ExitStack
from typing import Final

from sotabox.fault_points import FaultPoint
from tests.chaos import acts
from tests.chaos.box_faults import meanwhile
from tests.chaos.faults import Fault
from tests.chaos.world import Act, Promise, World
from tests.machine.small_disk import filled

DISK_MB: Final = 48
_FULL_S: Final = 4
_STAGES: Final = (
    FaultPoint.ARCHIVE_ADMITTED,
    FaultPoint.DEPLOYMENT_ACCEPTED,
    FaultPoint.BUILD_BEGUN,
    FaultPoint.IMAGE_BUILT,
    FaultPoint.BUILD_NOTED,
    FaultPoint.DEPLOY_BEGUN,
    FaultPoint.CANDIDATE_STARTED,
    FaultPoint.CANDIDATE_HEALTHY,
    FaultPoint.UPSTREAM_RENAMED,
    FaultPoint.SWAP_NOTED,
    FaultPoint.DRAIN_ENDED,
    FaultPoint.OLD_REMOVED,
)


def _full_from(point: FaultPoint, *, killed: bool = False) -> Act:
    def strike(world: World) -> list[Promise]:
        with ExitStack() as full:
            deploy = acts.deploy(ends=("running", "failed"))
            fill = meanwhile(
                point, lambda _: full.enter_context(filled(world.box.directory)), deploy
            )
            promises = fill(world)
            if killed:
                world.box.kill()
                world.box.start()
            time.sleep(_FULL_S)
        return promises

    return strike


def disk_faults() -> list[Fault]:
    """One a point, and a kill on the full disk."""
    return [
        *(
            Fault(f"full-{point}", f"the disk is full from *{point.replace('-', ' ')}* on",
                  _full_from(point))
            for point in _STAGES
        ),
        Fault("full-killed", "kill -9 on a full disk, in a swap",
              _full_from(FaultPoint.UPSTREAM_RENAMED, killed=True)),
    ]  # fmt: skip
