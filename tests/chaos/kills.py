"""kill -9 of sotabox in each state that has a name."""

from collections.abc import Mapping
from typing import Final

from sotabox.fault_points import FaultPoint
from tests.chaos import acts, source_kills
from tests.chaos.faults import Fault
from tests.chaos.strikes import Strike, killed, killed_again
from tests.chaos.world import RELEASES_KEPT, SPARE, Act, Promise, World, files_of

RELOADS: Final = "a change of the routes closes idle connections, with a fault and without"
RELOADED: Final = frozenset(
    {
        FaultPoint.PROJECT_NOTED,
        FaultPoint.PROJECT_POINTED,
        FaultPoint.ROUTES_LOADED,
        FaultPoint.PROJECT_CLEARED,
        FaultPoint.PROJECT_FORGOTTEN,
        FaultPoint.DOMAIN_NOTED,
        FaultPoint.DOMAIN_VERIFIED,
    }
)

_FAILING: Final = acts.deploy(SPARE, steps="ENV MODE=exit\n", ends=("failed",))
_DEPLOY: Final = acts.deploy()
_REDEPLOY: Final = acts.redeploy()
_RELEASE: Final = acts.deploy(more=True)

#: What leads to a point.
WAYS: Final[Mapping[FaultPoint, Act]] = {
    FaultPoint.PROJECT_NOTED: acts.create,
    FaultPoint.PROJECT_POINTED: acts.create,
    FaultPoint.ROUTES_LOADED: acts.create,
    FaultPoint.ARCHIVE_ADMITTED: _DEPLOY,
    FaultPoint.DEPLOYMENT_ACCEPTED: _DEPLOY,
    FaultPoint.BUILD_BEGUN: _DEPLOY,
    FaultPoint.IMAGE_BUILT: _DEPLOY,
    FaultPoint.BUILD_NOTED: _DEPLOY,
    FaultPoint.DEPLOY_BEGUN: _REDEPLOY,
    FaultPoint.RELEASE_COMMAND_ENDED: _RELEASE,
    FaultPoint.RELEASE_COMMAND_DONE: _RELEASE,
    FaultPoint.CANDIDATE_CREATED: _REDEPLOY,
    FaultPoint.CANDIDATE_STARTED: _REDEPLOY,
    FaultPoint.CANDIDATE_HEALTHY: _REDEPLOY,
    FaultPoint.UPSTREAM_WRITTEN: _REDEPLOY,
    FaultPoint.UPSTREAM_RENAMED: _REDEPLOY,
    FaultPoint.SWAP_NOTED: _REDEPLOY,
    FaultPoint.DRAIN_BEGUN: _REDEPLOY,
    FaultPoint.DRAIN_ENDED: _REDEPLOY,
    FaultPoint.OLD_STOPPED: _REDEPLOY,
    FaultPoint.OLD_REMOVED: _REDEPLOY,
    FaultPoint.FAILURE_NOTED: _FAILING,
    FaultPoint.CANCEL_NOTED: acts.cancel,
    FaultPoint.PAUSE_NOTED: acts.pause,
    FaultPoint.COMMAND_STARTED: acts.run_command,
    FaultPoint.VARIABLE_NOTED: acts.set_variable,
    FaultPoint.DOMAIN_NOTED: acts.add_domain,
    FaultPoint.DOMAIN_VERIFIED: acts.add_domain,
}


def _killed_in_tidying(world: World) -> list[Promise]:
    """By a deploy after which one release is too many."""
    for _ in range(RELEASES_KEPT):
        assert world.box.deploy("one", files_of("one"))["status"] == "running"
    return killed(FaultPoint.IMAGE_LET_GO, _DEPLOY)(world)


def _killed_in_deletion(point: FaultPoint) -> Strike:
    def strike(world: World) -> list[Promise]:
        slug = "doomed"
        world.box.create(slug)
        world.box.deploy(slug, files_of(slug))
        return killed(point, acts.delete(slug))(world)

    return strike


def _backup_killed(point: FaultPoint) -> Strike:
    """A backup dies; the next one, and the start of the box, find nothing of it in their way."""

    def strike(world: World) -> list[Promise]:
        world.arm("KILL", point)
        killed = world.box.spawn("backup", "--output", str(world.backups))
        assert killed.wait(60) != 0
        assert not world.fault_file.exists()
        world.box.kill()
        world.box.start(wait=False)
        return []

    return strike


def kills() -> list[Fault]:
    """One a point, in the order of a box's life."""
    strikes = {point: killed(point, act) for point, act in WAYS.items()}
    strikes[FaultPoint.IMAGE_LET_GO] = _killed_in_tidying
    for point in (FaultPoint.PROJECT_CLEARED, FaultPoint.PROJECT_FORGOTTEN):
        strikes[point] = _killed_in_deletion(point)
    for point in (FaultPoint.TORSOS_REMOVED, FaultPoint.REPAIR_APPLIED):
        strikes[point] = killed_again(FaultPoint.UPSTREAM_RENAMED, point, _REDEPLOY)
    for point in (FaultPoint.BACKUP_COPIED, FaultPoint.BACKUP_WRITTEN, FaultPoint.BACKUP_NAMED):
        strikes[point] = _backup_killed(point)
    strikes[FaultPoint.SOURCE_FETCHED] = source_kills.killed_after_fetch
    strikes[FaultPoint.IMAGE_PULLED] = source_kills.killed_after_pull
    return [
        Fault(
            f"kill-{point}",
            f"kill -9 at *{point.replace('-', ' ')}*",
            strikes[point],
            loses=RELOADS if point in RELOADED else "",
        )
        for point in FaultPoint
    ]
