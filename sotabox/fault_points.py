"""Moments at which a test may cut this process off; in production passing one is an empty call.

Each state that a kill can leave behind has its name here, and `reach` stands in the code where that
state begins. Recovery is proven by ending the process at each of them (`tests/chaos`).
"""

import os
import signal
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Final

#: Names a file that arms the points of a process, for example with `KILL upstream-renamed`, or with
#: `KILL old-removed 2` for the second time that it gets there.
VARIABLE: Final = "SOTABOX_FAULT_FILE"


class FaultPoint(StrEnum):
    """What has just happened. Order: a project, its deployments, and what else is kept."""

    PROJECT_NOTED = "project-noted"
    PROJECT_POINTED = "project-pointed"  # to the page of what was never deployed
    ROUTES_LOADED = "routes-loaded"  # by Caddy; its document on disk is the one before
    PROJECT_CLEARED = "project-cleared"  # one that is deleted: nothing of it is on the engine
    PROJECT_FORGOTTEN = "project-forgotten"  # its rows are gone, its upstream file isn't

    ARCHIVE_ADMITTED = "archive-admitted"  # checked and unpacked, without a row
    DEPLOYMENT_ACCEPTED = "deployment-accepted"
    BUILD_BEGUN = "build-begun"
    SOURCE_FETCHED = "source-fetched"  # from Git; the repository is not needed again
    IMAGE_PULLED = "image-pulled"  # and neither noted whose it is, nor named by us
    IMAGE_BUILT = "image-built"  # and not noted
    BUILD_NOTED = "build-noted"
    DEPLOY_BEGUN = "deploy-begun"
    RELEASE_COMMAND_ENDED = "release-command-ended"  # its container is there
    RELEASE_COMMAND_DONE = "release-command-done"
    CANDIDATE_CREATED = "candidate-created"
    CANDIDATE_STARTED = "candidate-started"
    CANDIDATE_HEALTHY = "candidate-healthy"
    UPSTREAM_WRITTEN = "upstream-written"  # beside the one that it is to replace
    UPSTREAM_RENAMED = "upstream-renamed"  # visitors are with the candidate
    SWAP_NOTED = "swap-noted"
    DRAIN_BEGUN = "drain-begun"  # the engine would not start the old one again
    DRAIN_ENDED = "drain-ended"
    OLD_STOPPED = "old-stopped"
    OLD_REMOVED = "old-removed"
    IMAGE_LET_GO = "image-let-go"  # of a version that is not kept, which its row doesn't say yet
    FAILURE_NOTED = "failure-noted"
    CANCEL_NOTED = "cancel-noted"
    PAUSE_NOTED = "pause-noted"
    COMMAND_STARTED = "command-started"  # a one-off one, that only its reader knows of

    TORSOS_REMOVED = "torsos-removed"  # at a start
    REPAIR_APPLIED = "repair-applied"

    VARIABLE_NOTED = "variable-noted"
    DOMAIN_NOTED = "domain-noted"
    DOMAIN_VERIFIED = "domain-verified"  # and not routed
    BACKUP_COPIED = "backup-copied"  # the database is
    BACKUP_WRITTEN = "backup-written"  # whole, without a name
    BACKUP_NAMED = "backup-named"


def _pass(_: FaultPoint) -> None:
    """Nothing: this process was not told of a fault."""


def _armed_by(file: Path) -> Callable[[FaultPoint], None]:
    """Sends this process the signal that `file` names, at the point that it names; once.

    Where a point is passed several times, such as by each replica, `file` may say the how manieth.
    """

    def reach(point: FaultPoint) -> None:
        try:
            order = file.read_text(encoding="ascii").split()
        except FileNotFoundError:
            return
        if order[1:2] != [point]:
            return
        if (times := int(order[2]) if len(order) > 2 else 1) > 1:
            file.write_text(f"{order[0]} {point} {times - 1}", encoding="ascii")
            return
        file.unlink()
        os.kill(os.getpid(), signal.Signals[f"SIG{order[0]}"])

    return reach


def arm(environ: Mapping[str, str]) -> Callable[[FaultPoint], None]:
    """What is to be called at each point, by what the process was started with."""
    file = environ.get(VARIABLE)
    return _armed_by(Path(file)) if file else _pass


reach: Final = arm(os.environ)
