"""The pipeline: what brings deployments up, swaps, drains and repairs them."""

import logging
from collections.abc import Callable, Sequence

from sotabox.app.foundation import Foundation
from sotabox.app.release_parts import ReleaseParts
from sotabox.builds.archive import ArchiveLimits
from sotabox.engine.events import ContainerEvent
from sotabox.pipeline.build_stage import BuildStage
from sotabox.pipeline.candidate import Candidates
from sotabox.pipeline.commands import Commands
from sotabox.pipeline.crashes import Crashes
from sotabox.pipeline.deploy import Deployer
from sotabox.pipeline.drain import Drains
from sotabox.pipeline.guards import Guards
from sotabox.pipeline.health import HealthCheck
from sotabox.pipeline.limits import PlanLimits
from sotabox.pipeline.locks import ProjectLocks
from sotabox.pipeline.pipeline import Pipeline
from sotabox.pipeline.presence import Presence
from sotabox.pipeline.projects import ProjectRooms
from sotabox.pipeline.queue import Queue
from sotabox.pipeline.release_command import ReleaseCommand
from sotabox.pipeline.repairs import Repairs
from sotabox.pipeline.retention import Retention
from sotabox.pipeline.routes import Routes
from sotabox.pipeline.serving import Serving
from sotabox.pipeline.setbacks import Setbacks
from sotabox.pipeline.swap import Swap
from sotabox.pipeline.traffic import Visits
from sotabox.router.terms import Route

_logger = logging.getLogger("sotabox")


class PipelineParts:
    """The pipeline, each part of it given just what it needs."""

    def __init__(
        self,
        base: Foundation,
        releases: ReleaseParts,
        tell_routes: Callable[[Sequence[Route]], None],
    ) -> None:
        self._base, self._pulls = base, releases.pulls
        settings, store, containers = base.settings, base.store, base.containers
        locks = ProjectLocks()
        limits = PlanLimits(settings, store)
        self.rebuilds = releases.rebuilds
        self.health = HealthCheck()
        self.crashes = Crashes(store=store, containers=containers)
        self.presence = Presence(store=store, bus=base.bus)
        self.retention = Retention(settings, store, base.images, containers)
        candidates = Candidates(
            settings, base.instance_id, containers, base.networks, self.health, limits
        )
        self.commands = Commands(candidates, containers, locks)
        visits = Visits(store, base.caddy.admin, base.host_of)
        self.guards = Guards(store=store, containers=containers, visits=visits, submit=self._submit)
        self.drains = Drains(
            containers,
            base.caddy.admin,
            timeout_s=settings.drain_timeout_s,
            grace_s=settings.stop_grace_s,
        )
        self.routes = Routes(store, base.caddy, base.upstreams, base.host_of, tell_routes)
        swap = Swap(
            settings=settings,
            store=store,
            upstreams=base.upstreams,
            drains=self.drains,
            retention=self.retention,
            guards=self.guards,
            routes=self.routes,
            locks=locks,
            url_of=base.url_of,
        )
        deployer = Deployer(
            settings=settings,
            store=store,
            build_stage=BuildStage(
                settings=settings,
                store=store,
                images=base.images,
                builder=releases.builder,
                fetcher=releases.fetcher,
                puller=releases.puller,
                retention=self.retention,
                slots=releases.slots,
            ),
            rebuilds=self.rebuilds,
            drains=self.drains,
            release_command=ReleaseCommand(
                candidates, containers, timeout_s=settings.build_timeout_s
            ),
            candidates=candidates,
            visits=visits,
            swap=swap,
            setbacks=Setbacks(store=store, engine=base.engine, retention=self.retention, swap=swap),
            url_of=base.url_of,
        )
        self.queue = Queue(deployer.run, on_end=store.logs.wake)
        rooms = ProjectRooms(
            store=store,
            bus=base.bus,
            containers=containers,
            images=base.images,
            networks=base.networks,
            upstreams=base.upstreams,
            routes=self.routes,
            queue=self.queue,
            drains=self.drains,
            commands=self.commands,
            swaps=locks,
            waiting_target=base.waiting_target,
        )
        self.repairs = Repairs(
            store=store,
            containers=containers,
            candidates=candidates,
            swap=swap,
            drains=self.drains,
            commands=self.commands,
            queue=self.queue,
            rooms=rooms,
            rebuilds=self.rebuilds,
            routes=self.routes,
            upstreams=base.upstreams,
            swaps=locks,
            waiting_target=base.waiting_target,
            paused_target=base.paused_target,
        )
        serving = Serving(
            settings=settings,
            store=store,
            containers=containers,
            limits=limits,
            upstreams=base.upstreams,
            drains=self.drains,
            commands=self.commands,
            queue=self.queue,
            swaps=locks,
            paused_target=base.paused_target,
        )
        self.front = Pipeline(
            store=store,
            engine=base.engine,
            queue=self.queue,
            rooms=rooms,
            fetcher=releases.fetcher,
            puller=releases.puller,
            serving=serving,
            commands=self.commands,
            presence=self.presence,
            swaps=locks,
            limits=ArchiveLimits(settings.files_max, settings.unpacked_max_bytes),
        )

    def _submit(self, project_id: str, deployment_id: str) -> None:
        self.queue.submit(project_id, deployment_id)

    async def on_event(self, event: ContainerEvent) -> None:
        """Something happened to a container."""
        await self.crashes.on_event(event)
        await self.presence.on_event(event)
        await self.repairs.on_event(event)
        await self.presence.settle(event.project_id)

    async def on_engine(self) -> None:
        """The engine is there, for the first time or again: what it holds is made what we say."""
        if problem := await self._base.firewall.ensure(self._base.router_settings.ports):
            _logger.warning("apps are not walled off from this host: %s", problem)
        await self._pulls.settle()
        await self.repairs.repair_all()
        self.retention.tidy_all_soon()

    async def close(self) -> None:
        """Ends what works in the background; containers stay as they are."""
        await self.guards.close()
        await self.queue.close()
        await self.rebuilds.close()
        await self.commands.close()
        await self.drains.close()
        await self.retention.close()
        await self.health.close()
