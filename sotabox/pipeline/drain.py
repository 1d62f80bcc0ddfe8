"""Drains: what was replaced finishes its requests, then it is stopped and removed.

In the background, so that a deployment is done with its swap. A box that is killed in the middle
finds the container at its next start, and drains it again.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from sotabox.engine.client import EngineError
from sotabox.engine.containers import Containers
from sotabox.engine.sockets import established_to
from sotabox.errors import RouterUnavailable, SotaboxError
from sotabox.fault_points import FaultPoint, reach
from sotabox.model.replica import Replica
from sotabox.router.admin import Admin
from sotabox.tasks import end_tasks

#: A request may have read the upstream file just before the swap and not be counted yet.
_UNCOUNTED_S: Final = 0.1
_FIRST_PAUSE_S: Final = 0.01
_LONGEST_PAUSE_S: Final = 0.5
_QUIET_LOOKS: Final = 2
#: Old versions of one project that may drain at once; the next deployment waits for the first.
AT_ONCE: Final = 4
#: Containers of theirs: beside them a project's network has room for what serves, what comes next, and
#: a few commands.
CONTAINERS_AT_ONCE: Final = 9

_log = logging.getLogger(__name__)


class Drains:
    """The old versions that are on their way out."""

    def __init__(
        self, containers: Containers, admin: Admin, *, timeout_s: float, grace_s: int
    ) -> None:
        self._containers = containers
        self._admin = admin
        self._timeout_s = timeout_s
        self._grace_s = grace_s
        self._tasks: dict[str, tuple[str, asyncio.Task[None]]] = {}

    def begin(
        self,
        project_id: str,
        replicas: Sequence[Replica],
        on_end: Callable[[int, int], Awaitable[None]] | None = None,
        *,
        timeout_s: float | None = None,
    ) -> None:
        """Starts to drain containers that get no new requests; what drains already goes on.

        Args:
            project_id: whose they are.
            replicas: which; without an address where one does not run.
            on_end: told how many milliseconds it took until all were gone, and how many requests
                were cut off.
            timeout_s: how long they may finish their requests; None: as long as the box says.
        """
        fresh = [replica for replica in replicas if replica.container_id not in self._tasks]
        if not fresh:
            return
        patience_s = self._timeout_s if timeout_s is None else timeout_s
        task = asyncio.create_task(
            self._retire_all(fresh, on_end, patience_s), name=f"drain {fresh[0].container_id[:12]}"
        )
        for replica in fresh:
            self._tasks[replica.container_id] = (project_id, task)
        task.add_done_callback(lambda _: self._forget(fresh))

    def containers(self) -> frozenset[str]:
        """The ids of containers that drain."""
        return frozenset(self._tasks)

    async def wait_for_room(self, project_id: str) -> None:
        """Waits until fewer than `AT_ONCE` old versions of a project drain, and few containers."""
        while len(tasks := self._of(project_id)) >= AT_ONCE or self._count(project_id) > (
            CONTAINERS_AT_ONCE
        ):
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)

    async def abandon(self, project_id: str) -> None:
        """Lets go of a project's containers at once: they are about to be removed."""
        await end_tasks(self._of(project_id))

    async def close(self) -> None:
        """Lets go of all: the containers stay as they are, for the next start."""
        await end_tasks({task for _, task in self._tasks.values()})

    def _of(self, project_id: str) -> set[asyncio.Task[None]]:
        return {task for owner, task in self._tasks.values() if owner == project_id}

    def _count(self, project_id: str) -> int:
        return sum(owner == project_id for owner, _ in self._tasks.values())

    def _forget(self, replicas: Sequence[Replica]) -> None:
        for replica in replicas:
            self._tasks.pop(replica.container_id, None)

    async def _retire_all(
        self,
        replicas: Sequence[Replica],
        on_end: Callable[[int, int], Awaitable[None]] | None,
        timeout_s: float,
    ) -> None:
        started = time.monotonic()
        cut = await asyncio.gather(*(self._retire(replica, timeout_s) for replica in replicas))
        if on_end is None or None in cut:
            return
        try:
            await on_end(round((time.monotonic() - started) * 1000), sum(filter(None, cut)))
        except SotaboxError as error:
            _log.warning("the end of a drain is not noted: %s", error)

    async def _retire(self, replica: Replica, timeout_s: float) -> int | None:
        """How many requests of a container were cut off; None where it is still there."""
        id_ = replica.container_id
        try:
            # Else an engine that restarts right now would bring it back.
            await self._containers.condemn(id_)
            reach(FaultPoint.DRAIN_BEGUN)
            cut = await self._wait_until_idle(replica.address, timeout_s) if replica.address else 0
            reach(FaultPoint.DRAIN_ENDED)
            await self._containers.stop(id_, self._grace_s)
            reach(FaultPoint.OLD_STOPPED)
            await self._containers.remove(id_)
            reach(FaultPoint.OLD_REMOVED)
        except (SotaboxError, EngineError) as error:
            _log.warning("an old container stays for now: %s", error, extra={"id": id_})
            return None
        return cut

    async def _wait_until_idle(self, address: str, timeout_s: float) -> int:
        """Waits for the requests to an address; how many are still open when the time is over."""
        deadline = time.monotonic() + timeout_s
        await asyncio.sleep(_UNCOUNTED_S)
        pause_s = _FIRST_PAUSE_S
        quiet = left = 0
        while time.monotonic() < deadline:
            left = await self._in_flight(address)
            quiet = quiet + 1 if left == 0 else 0
            if quiet == _QUIET_LOOKS:
                return 0
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 1.3, _LONGEST_PAUSE_S)
        return left

    async def _in_flight(self, address: str) -> int:
        """Requests on their way to an address: by Caddy's own count, else by open connections."""
        try:
            return await self._admin.in_flight(address)
        except RouterUnavailable:
            host, _, port = address.rpartition(":")
            return established_to(host, int(port))
