"""A deployment: one attempt to bring a version of an app to its visitors."""

from enum import StrEnum
from typing import Final

import msgspec

from sotabox.model.crash_loop import CrashLoop, Health
from sotabox.model.origin import Origin
from sotabox.model.replica import Replica
from sotabox.model.swap import SwapReport


class Status(StrEnum):
    """Where a deployment stands."""

    PENDING = "pending"  # accepted, waits for its turn
    BUILDING = "building"  # its image is being built
    BUILT = "built"  # its image is ready
    DEPLOYING = "deploying"  # its container starts and is probed
    RUNNING = "running"  # it serves the project's visitors
    STOPPED = "stopped"  # ended in order: replaced, cancelled, superseded
    FAILED = "failed"  # ended by an error, which `error` names


#: The only transitions there are. `advance` in the store refuses all others.
TRANSITIONS: Final[dict[Status, frozenset[Status]]] = {
    Status.PENDING: frozenset({Status.BUILDING, Status.DEPLOYING, Status.FAILED, Status.STOPPED}),
    # Back to pending: the box was killed in the middle and the build starts over.
    Status.BUILDING: frozenset({Status.BUILT, Status.FAILED, Status.STOPPED, Status.PENDING}),
    Status.BUILT: frozenset({Status.DEPLOYING, Status.FAILED, Status.STOPPED}),
    Status.DEPLOYING: frozenset({Status.RUNNING, Status.FAILED, Status.STOPPED}),
    Status.RUNNING: frozenset({Status.STOPPED, Status.FAILED}),
    Status.STOPPED: frozenset(),
    Status.FAILED: frozenset(),
}

#: Nothing more will be written to the log of a deployment in one of these.
SETTLED: Final = frozenset({Status.RUNNING, Status.STOPPED, Status.FAILED})


def predecessors(status: Status) -> tuple[Status, ...]:
    """The states from which a deployment may enter `status`."""
    return tuple(before for before, after in TRANSITIONS.items() if status in after)


class Source(StrEnum):
    """What a deployment was made from."""

    ARCHIVE = "archive"
    IMAGE = "image"
    GIT = "git"
    REDEPLOY = "redeploy"
    ROLLBACK = "rollback"


class Deployment(msgspec.Struct, frozen=True, kw_only=True):
    """A deployment's row.

    `image_id` to `port` describe its release; they stay after the deployment has ended, so that it
    can be rolled back to for as long as its image is kept (`image_id` is cleared with the image).
    """

    id: str
    project_id: str
    number: int
    status: Status
    source: Source
    source_deployment_id: str | None = None
    image_id: str | None = None
    image_tag: str | None = None
    build_method: str | None = None
    framework: str | None = None
    plan: str | None = None  # the build plan, as JSON
    port: int | None = None
    replicas: tuple[Replica, ...] = ()  # its containers, from the swap on
    error: str | None = None
    hint: str | None = None
    env_digest: str | None = None  # of the variables with which it was started
    url: str | None = None  # without a scheme, as the clients expect
    phases: dict[str, int]  # milliseconds by phase
    swap: SwapReport | None = None  # None until it serves
    origin: Origin | None = None  # None for an archive without a name
    image_bytes: int | None = None
    crash_loop: CrashLoop | None = None  # the last one that it was in
    created_by: str | None = None
    created_at: str
    updated_at: str

    @property
    def container_ids(self) -> tuple[str, ...]:
        """The containers that serve it, or did."""
        return tuple(replica.container_id for replica in self.replicas)

    @property
    def health(self) -> Health | None:
        """How its app is; None while it does not serve."""
        if self.status is not Status.RUNNING:
            return None
        loop = self.crash_loop
        return Health.HEALTHY if loop is None or loop.over else Health.DEGRADED
