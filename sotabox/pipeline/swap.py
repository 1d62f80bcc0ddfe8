"""The swap: one file is renamed, one transaction notes it, and the old version drains.

Upstream file and store say the same at its end, whatever cuts it off; a kill between the two is what
`recovery` looks for.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from sotabox.errors import SotaboxError
from sotabox.fault_points import FaultPoint, reach
from sotabox.model.deployment import Deployment, Status
from sotabox.model.replica import Replica, upstream_of
from sotabox.model.swap import SwapReport
from sotabox.pipeline.attempt import Attempt
from sotabox.pipeline.drain import Drains
from sotabox.pipeline.guards import Guards
from sotabox.pipeline.locks import ProjectLocks
from sotabox.pipeline.replicas import Started, replicas_of
from sotabox.pipeline.retention import Retention
from sotabox.pipeline.routes import Routes
from sotabox.pipeline.terms import terms_of
from sotabox.pipeline.traffic import PATIENCE_S, Watch, describe
from sotabox.router.upstream import Upstreams
from sotabox.settings import Settings
from sotabox.store.store import Store
from sotabox.uninterrupted import uninterrupted

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Swap:
    """Sends a project's visitors from one version to the next.

    `locks`: whoever ends a deployment or repairs a project holds its lock as well.
    """

    settings: Settings
    store: Store
    upstreams: Upstreams
    drains: Drains
    retention: Retention
    guards: Guards
    routes: Routes
    locks: ProjectLocks
    url_of: Callable[[str], str]  # of a slug, with its scheme
    #: Set when upstreams and store may differ and couldn't be made equal: recovery is to look soon.
    unsettled: asyncio.Event = field(default_factory=asyncio.Event)

    async def make(
        self, deployment_id: str, attempt: Attempt, started: Started, watch: Watch
    ) -> bool:
        """Sends the visitors to the candidates; False where the deployment was ended meanwhile.

        Whoever ends a deployment holds the same lock, so that a swap is whole or isn't.
        """
        project = attempt.project
        async with self.locks.of(project.id):
            current = await self.store.deployments.find(deployment_id)
            if current is None or current.status is not Status.DEPLOYING:
                return False
            running = await self.store.deployments.running(project.id)
            guard = await self.guards.prepare(project, current, running)
            async with self.routes.room_for(project.id, len(started)):
                await uninterrupted(self._hand_over(current, attempt, started, watch))
        if guard is not None:
            self.guards.begin(guard)
        report = await watch.report(attempt.phases["swap"], patience_s=PATIENCE_S)
        attempt.log.deploy(describe(report), f"Live at {self.url_of(project.slug)}")
        await self._note(deployment_id, report)
        self.retention.tidy_soon(project.id)
        return True

    async def _note(self, deployment_id: str, report: SwapReport) -> None:
        """Keeps a report. What serves is not failed by a disk that takes none."""
        try:
            await self.store.deployments.record_swap(deployment_id, report)
        except SotaboxError as error:
            _logger.warning("a swap report is lost: %s", error, extra={"id": deployment_id})

    async def _hand_over(
        self, deployment: Deployment, attempt: Attempt, started: Started, watch: Watch
    ) -> None:
        """Upstream and store say the same at its end: the candidates, or still the one before."""
        project_id = deployment.project_id
        before = await asyncio.to_thread(self.upstreams.read, project_id)
        with attempt.phase("swap"):
            upstream = upstream_of(replicas_of(started))
            await asyncio.to_thread(self.upstreams.point, project_id, upstream)
        reach(FaultPoint.UPSTREAM_RENAMED)
        try:
            await self.settle(deployment, replicas_of(started), attempt.phases, watch)
        except BaseException:
            if before is None:
                await asyncio.to_thread(self.upstreams.remove, project_id)
            else:
                await asyncio.to_thread(self.upstreams.point, project_id, before)
            raise

    async def settle(
        self,
        deployment: Deployment,
        replicas: tuple[Replica, ...],
        phases: dict[str, int],
        watch: Watch | None = None,
    ) -> None:
        """Notes that candidates serve, and lets the one before it drain.

        Repeatable: recovery calls it for a swap whose bookkeeping was cut off; what visitors met is
        not known then.
        """
        project = await self.store.projects.find(deployment.project_id)
        if project is None:
            return  # and its deployments are gone with it
        # Read before: once the store says that the candidates serve, nothing may fail any more.
        terms = await terms_of(self.store, self.settings, project)
        both = await self.store.deployments.advance_to_running(
            deployment.id,
            phases=phases,
            url=self.url_of(project.slug).partition("://")[2],
            replicas=replicas,
        )
        if both is None:
            return
        reach(FaultPoint.SWAP_NOTED)
        for replica in replicas:
            self.retention.keep_soon(replica.container_id)
        _, before = both
        if before is not None:
            self.drains.begin(
                project.id,
                before.replicas,
                self._drained(deployment.id, phases.get("swap", 0), watch),
                timeout_s=terms.drain_timeout_s,
            )

    def _drained(
        self, deployment_id: str, switch_ms: int, watch: Watch | None
    ) -> Callable[[int, int], Awaitable[None]]:
        async def record(duration_ms: int, cut: int) -> None:
            await self.store.deployments.record_phase(deployment_id, "drain", duration_ms)
            if watch is not None:
                await self._note(
                    deployment_id, await watch.report(switch_ms, drain_ms=duration_ms, cut=cut)
                )

        return record
