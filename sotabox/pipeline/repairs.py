"""Carries repairs out: at each start, at each return of the engine, after news of a container."""

import asyncio
import logging
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Never

from sotabox.engine.client import EngineError
from sotabox.engine.container import Container
from sotabox.engine.containers import Containers
from sotabox.engine.events import ContainerEvent
from sotabox.engine.labels import Role
from sotabox.errors import SotaboxError
from sotabox.fault_points import FaultPoint, reach
from sotabox.model.deployment import Deployment, Status
from sotabox.model.project import Project
from sotabox.model.replica import Replica, replace, upstream_of
from sotabox.pipeline.candidate import Candidates
from sotabox.pipeline.commands import Commands
from sotabox.pipeline.drain import Drains
from sotabox.pipeline.environment import kept_env, todays_env
from sotabox.pipeline.failure import DeploymentFailed
from sotabox.pipeline.locks import ProjectLocks
from sotabox.pipeline.projects import ProjectRooms
from sotabox.pipeline.queue import Queue
from sotabox.pipeline.rebuilds import Rebuilds
from sotabox.pipeline.recovery import (
    FinishSwap,
    Keep,
    Rebuild,
    Repair,
    ReplaceContainer,
    Resubmit,
    Retire,
    SendVisitors,
    ShowPage,
    StartContainer,
    plan_repairs,
)
from sotabox.pipeline.release import command_of
from sotabox.pipeline.routes import Routes
from sotabox.pipeline.swap import Swap
from sotabox.router.upstream import Upstreams
from sotabox.store.store import Store

_LOOK_EVERY_S: Final = 300.0
_LOOK_SOON_S: Final = 5.0

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Repairs:
    """Makes containers and upstream files what the store says."""

    store: Store
    containers: Containers
    candidates: Candidates
    swap: Swap
    drains: Drains
    commands: Commands
    queue: Queue
    rooms: ProjectRooms
    upstreams: Upstreams
    rebuilds: Rebuilds
    routes: Routes
    swaps: ProjectLocks
    waiting_target: str
    paused_target: str

    async def resume_waiting(self) -> None:
        """Puts back in the queue what has no container yet; it needs no look at the engine."""
        for deployment in await self.store.deployments.unfinished():
            if deployment.status in {Status.PENDING, Status.BUILDING, Status.BUILT}:
                restart = deployment.status is Status.BUILDING
                await self._resubmit(Resubmit(deployment, restart=restart))

    async def run(self) -> Never:
        """Repairs now and then what no event told of, such as a row that a full disk left behind."""
        failures = 0
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(next_look_s(failures)):
                    await self.swap.unsettled.wait()
            await asyncio.sleep(_LOOK_SOON_S)
            self.swap.unsettled.clear()
            try:
                failures = 0 if await self._repair_all() else failures + 1
            except (SotaboxError, EngineError) as error:
                _logger.warning("the box could not be looked through: %s", error)
                failures += 1

    async def repair_all(self) -> None:
        """All projects, at once; what fails is tried again soon by `run`."""
        if not await self._repair_all():
            self.swap.unsettled.set()

    async def _repair_all(self) -> bool:
        """All projects, and what is left of those that are not there any more; whether all went well."""
        # Rows are read last: a project's row is there before all else of it, and goes last. What a
        # project that was made meanwhile has is thus never taken for a stray.
        owners = {container.project_id for container in await self.containers.list_ours()}
        pointed = self.upstreams.known().keys()
        projects = await self.store.projects.all()
        known = {project.id for project in projects}
        well = True
        for project in projects:
            well &= await self._guarded(project.slug, self._restore(project))
        for stray in owners - known - {None}:
            well &= await self._guarded(f"stray {stray}", self.rooms.clear(str(stray)))
        for project_id in pointed - known:
            self.upstreams.remove(project_id)
        return well

    async def _restore(self, project: Project) -> None:
        if project.deleting:
            await self.rooms.dismantle(project)
        else:
            await self.rooms.ensure(project)
            await self.repair(project)

    async def _guarded(self, name: str, work: Coroutine[None, None, None]) -> bool:
        """Whether it went well. One project's trouble does not keep the others from being repaired."""
        try:
            await work
        except (SotaboxError, EngineError, DeploymentFailed, OSError) as error:
            _logger.warning("project %s could not be repaired: %s", name, error)
            return False
        return True

    async def on_event(self, event: ContainerEvent) -> None:
        """A container ended, started or vanished: its address, or who serves, may have changed."""
        if event.action not in {"die", "start", "destroy"} or event.project_id is None:
            return
        running = await self.store.deployments.running(event.project_id)
        if running is None or event.container_id not in running.container_ids:
            return
        if event.action == "die":
            await self._look_after(event.container_id)
            return
        project = await self.store.projects.find(event.project_id)
        if project is None or project.deleting:
            return
        if not await self._guarded(project.slug, self._restore(project)):
            self.swap.unsettled.set()

    async def _look_after(self, container_id: str) -> None:
        """One that was ended by hand is not started by the engine: the next look comes soon."""
        with suppress(SotaboxError, EngineError):  # then the look every few minutes has to do
            container = await self.containers.inspect(container_id)
            if not container.running and not container.restarting:
                self.swap.unsettled.set()

    async def repair(self, project: Project) -> None:
        """One project. Holds its swap lock, so that nothing is swapped between look and deed."""
        async with self.swaps.of(project.id):
            current = await self.store.projects.find(project.id)
            if current is None or current.deleting:
                return
            deployments = await self.store.deployments.unfinished_of(project.id)
            containers = await self.containers.list_ours(project.id)
            repairs = plan_repairs(
                deployments,
                containers,
                self.upstreams.read(project.id),
                active=self.queue.active(),
                draining=self.drains.containers() | self.commands.containers(),
                page=self.paused_target if current.paused else None,
                lost=await self._lost(deployments, containers),
            )
            for repair in repairs:
                _logger.info("%s: %s", project.slug, type(repair).__name__)
                await self._apply(project, repair)
                reach(FaultPoint.REPAIR_APPLIED)

    async def _lost(
        self, deployments: list[Deployment], containers: list[Container]
    ) -> frozenset[str]:
        """Which running ones have neither container nor image, and can be built again."""
        there = {container.id for container in containers}
        return frozenset(
            [
                deployment.id
                for deployment in deployments
                if deployment.status is Status.RUNNING
                and there.isdisjoint(deployment.container_ids)
                and await self.rebuilds.is_lost(deployment)
            ]
        )

    async def _apply(self, project: Project, repair: Repair) -> None:
        match repair:
            case ShowPage(address):
                target = address or self.waiting_target
                await asyncio.to_thread(self.upstreams.point, project.id, target)
            case SendVisitors(deployment):
                await self._send_visitors(deployment)
            case StartContainer(deployment, container):
                await self._start(project, deployment, container)
            case ReplaceContainer(deployment, ordinal):
                await self._replace(project, deployment, ordinal)
            case Rebuild(deployment):
                self.rebuilds.begin(project, deployment, self._restore)
            case FinishSwap(deployment, found):
                replicas = tuple(Replica(c.id, f"{c.address}:{deployment.port}") for c in found)
                await self.swap.settle(deployment, replicas, {})
            case Keep(container):
                await self.containers.keep(container.id)
            case Retire(container):
                await self._retire(project, container)
            case Resubmit():
                await self._resubmit(repair)

    async def _start(self, project: Project, deployment: Deployment, container: Container) -> None:
        try:
            await self.containers.start(container.id)
        except EngineError as error:
            _logger.warning("%s: making another container: %s", project.slug, error)
            ordinal = deployment.container_ids.index(container.id)
            await self._replace(project, deployment, ordinal)

    async def _replace(self, project: Project, deployment: Deployment, ordinal: int) -> None:
        current = await self.store.deployments.find(deployment.id)
        if current is None or current.status is not Status.RUNNING:
            return  # another of its containers could not be made, and none was left
        kept = await kept_env(self.store, current)
        env = await todays_env(self.store, current) if kept is None else kept
        others = {r.container_id for n, r in enumerate(current.replicas) if n != ordinal}
        try:
            [request] = await self.candidates.requests(
                project, current, env, command=command_of(current), kept=others
            )
            candidate = await self.candidates.start(request)
        except DeploymentFailed as failure:
            await self._do_without(project, current, others, failure)
            return
        made = Replica(candidate.container_id, candidate.address)
        replicas = replace(current.replicas, ordinal, made)
        await self.store.deployments.record(current.id, replicas=replicas)
        await self.containers.keep(candidate.container_id)

    async def _do_without(
        self, project: Project, deployment: Deployment, others: set[str], failure: DeploymentFailed
    ) -> None:
        """A container can't be made again: its version serves by the others, or it has failed."""
        there = {container.id for container in await self.containers.list_ours(project.id)}
        if there & others:
            _logger.warning("%s serves with fewer containers: %s", project.slug, failure.reason)
            return
        await self.store.deployments.advance(
            deployment.id, Status.FAILED, error=failure.reason, hint=failure.hint
        )
        await asyncio.to_thread(self.upstreams.point, project.id, self.waiting_target)

    async def _send_visitors(self, deployment: Deployment) -> None:
        current = await self.store.deployments.find(deployment.id)
        if current is None or current.status is not Status.RUNNING:
            return
        project_id, replicas = current.project_id, current.replicas
        async with self.routes.room_for(project_id, len(replicas)):
            await asyncio.to_thread(self.upstreams.point, project_id, upstream_of(replicas))

    async def _resubmit(self, repair: Resubmit) -> None:
        deployment = repair.deployment
        if repair.restart:
            await self.store.deployments.advance(deployment.id, Status.PENDING)
        self.queue.submit(deployment.project_id, deployment.id)

    async def _retire(self, project: Project, container: Container) -> None:
        deployment = await self.store.deployments.find(container.deployment_id or "")
        serves = deployment is not None and container.role == Role.APP
        port = deployment.port if deployment and serves else None
        address = f"{container.address}:{port}" if container.address and port else None
        self.drains.begin(project.id, [Replica(container.id, address or "")])


def next_look_s(failures: int) -> float:
    """How long to wait for news before a look, after so many in a row that have failed.

    A project that can't be repaired is no reason to ask the engine about all of them every few
    seconds for ever.

    >>> [next_look_s(failures) for failures in (0, 1, 2, 3, 4, 1000)]
    [300.0, 0.0, 5.0, 15.0, 35.0, 300.0]
    """
    if not failures:
        return _LOOK_EVERY_S
    return min(_LOOK_SOON_S * (2.0 ** min(failures - 1, 10) - 1), _LOOK_EVERY_S)
