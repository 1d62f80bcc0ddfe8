"""Candidates: containers of a new version that serve nobody yet."""

import asyncio
import logging
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from sotabox.engine.client import EngineError, EngineNotFound
from sotabox.engine.containers import Containers
from sotabox.engine.labels import Role
from sotabox.engine.networks import NetworkFull, Networks, free_addresses
from sotabox.engine.sockets import listening
from sotabox.engine.spec import ContainerRequest
from sotabox.errors import EngineUnavailable
from sotabox.fault_points import FaultPoint, reach
from sotabox.model.deployment import Deployment
from sotabox.model.project import Project
from sotabox.pipeline.failure import DeploymentFailed
from sotabox.pipeline.health import HealthCheck, Probe
from sotabox.pipeline.limits import PlanLimits
from sotabox.pipeline.log import DeploymentLog
from sotabox.settings import Settings
from sotabox.tasks import end_tasks

_LAST_LINES: Final = 30
_KILLED: Final = 137

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A container that was started, and where it can be asked."""

    container_id: str
    ip: str
    port: int

    @property
    def address(self) -> str:
        return f"{self.ip}:{self.port}"


class Candidates:
    """Starts containers of releases, and tells whether they are fit to serve."""

    def __init__(
        self,
        settings: Settings,
        instance_id: str,
        containers: Containers,
        networks: Networks,
        health: HealthCheck,
        limits: PlanLimits,
    ) -> None:
        self._settings = settings
        self._instance_id = instance_id
        self._containers = containers
        self._networks = networks
        self._health = health
        self._limits = limits
        self._promised: set[str] = set()  # addresses of containers that are about to be made

    async def request(
        self,
        project: Project,
        deployment: Deployment,
        env: Mapping[str, str],
        *,
        command: tuple[str, ...] | None = None,
        entrypoint: tuple[str, ...] | None = None,
        role: Role = Role.APP,
    ) -> ContainerRequest:
        """One container, as `requests` has them."""
        [request] = await self.requests(
            project, deployment, env, command=command, entrypoint=entrypoint, role=role
        )
        return request

    async def requests(
        self,
        project: Project,
        deployment: Deployment,
        env: Mapping[str, str],
        *,
        count: int = 1,
        command: tuple[str, ...] | None = None,
        entrypoint: tuple[str, ...] | None = None,
        role: Role = Role.APP,
        kept: Collection[str] = (),
    ) -> list[ContainerRequest]:
        """The containers that a release needs, on addresses of its project that nobody has.

        As many as wanted, within the plan of the project's owner.

        What an earlier try has left of this deployment is removed, but for the containers `kept`.
        """
        if deployment.image_id is None or deployment.port is None:
            raise DeploymentFailed("The image of this version is not kept any more")
        limits = await self._limits.of(project)
        count = await self._limits.replicas(project, count)
        promised = frozenset(self._promised)
        network, places = await asyncio.gather(
            self._networks.ensure(project.id, project.slug),
            self._containers.places(project.id),
        )
        for left in places:
            # Of a try that the engine's absence cut off; a command goes on beside what serves.
            mine = left.deployment_id == deployment.id and left.container_id not in kept
            if mine and Role.COMMAND not in {role, left.role}:
                await self._containers.remove(left.container_id)
        taken = promised | self._promised | {place.address for place in places}
        try:
            addresses = free_addresses(network, taken, count)
        except NetworkFull as error:
            raise DeploymentFailed(
                "Every address of this project's network is taken",
                hint="Old versions free theirs once they have drained; then deploy again.",
            ) from error
        # Until their containers are there to be seen; `start` follows at once.
        self._promised.update(addresses)
        return [
            ContainerRequest(
                instance_id=self._instance_id,
                project_id=project.id,
                deployment_id=deployment.id,
                slug=project.slug,
                image_id=deployment.image_id,
                network_id=network.id,
                address=address,
                env=env,
                command=command,
                entrypoint=entrypoint,
                port=deployment.port,
                limits=limits,
                stop_grace_s=self._settings.stop_grace_s,
                role=role,
            )
            for address in addresses
        ]

    def release(self, requests: Iterable[ContainerRequest]) -> None:
        """Forgets promises of addresses: the containers are there, or never will be."""
        self._promised.difference_update(request.address or "" for request in requests)

    async def start(self, request: ContainerRequest) -> Candidate:
        """A running container.

        Raises:
            DeploymentFailed: the image can't be run; nothing is left.
        """
        creating = asyncio.create_task(self._containers.create(request), name="create a candidate")
        creating.add_done_callback(lambda _: self._promised.discard(request.address or ""))
        try:
            container_id = await asyncio.shield(creating)
            reach(FaultPoint.CANDIDATE_CREATED)
        except asyncio.CancelledError:
            # The engine makes it all the same; nobody else will know of it.
            await asyncio.wait({creating})
            if not creating.cancelled() and creating.exception() is None:
                await self.discard(creating.result())
            raise
        except EngineNotFound as error:
            raise DeploymentFailed(
                "The image of this version is gone from the engine",
                hint="Deploy the app again, so that it is built.",
            ) from error
        try:
            await self._containers.start(container_id)
        except EngineError as error:
            await self.discard(container_id)
            raise DeploymentFailed(
                f"The container could not start: {error}",
                hint="Check the command that starts the app (CMD or ENTRYPOINT).",
            ) from error
        except BaseException:
            await self.discard(container_id)
            raise
        reach(FaultPoint.CANDIDATE_STARTED)
        return Candidate(container_id, request.address or "", request.port)

    async def discard(self, container_id: str) -> None:
        """Removes a container that never served; what can't be removed now is at the next start."""
        try:
            await asyncio.shield(self._containers.remove(container_id))
        except (EngineUnavailable, EngineError) as error:
            _logger.warning("a candidate stays for now: %s", error, extra={"id": container_id})

    async def wait_until_healthy(
        self,
        project: Project,
        candidate: Candidate,
        host: str,
        path: str,
        log: DeploymentLog,
        *,
        timeout_s: int,
    ) -> None:
        """Returns when the candidate answers.

        Raises:
            DeploymentFailed: it exited, or did not answer in time; its last lines are the evidence.
        """
        probe = Probe(
            address=candidate.ip,
            port=candidate.port,
            path=path,
            host=host,
            timeout_s=timeout_s,
        )

        async def sockets() -> list[tuple[str, int]]:
            container = await self._containers.inspect(candidate.container_id)
            return listening(container.pid) if container.running else []

        healthy = asyncio.create_task(
            self._health.wait_until_healthy(probe, sockets=sockets, note=log.deploy),
            name="health check",
        )
        exited = asyncio.create_task(
            self._containers.wait_exit(candidate.container_id, timeout_s + 60),
            name="wait for exit",
        )
        try:
            await asyncio.wait({healthy, exited}, return_when=asyncio.FIRST_COMPLETED)
            if healthy.done():
                await healthy
                return
            raise await self._exit_failure(project, candidate.container_id, await exited)
        except DeploymentFailed as failure:
            failure.evidence[:0] = await self.last_lines(candidate.container_id)
            raise
        finally:
            await end_tasks([healthy, exited])

    async def _exit_failure(
        self, project: Project, container_id: str, exit_code: int
    ) -> DeploymentFailed:
        container = await self._containers.inspect(container_id)
        if exit_code == _KILLED and container.oom_killed:
            limits = await self._limits.of(project)
            return DeploymentFailed(
                f"The app ran out of memory: it may use {limits.memory_mb} MB",
                hint="Raise memory_mb in the project's settings, or make the app smaller.",
            )
        return DeploymentFailed(
            f"The app exited with code {exit_code} before it answered",
            hint="Its last lines stand in the log. A web app must go on running.",
        )

    async def last_lines(self, container_id: str) -> list[str]:
        """The last words of a container; none when it is gone."""
        try:
            return await self._containers.tail(container_id, _LAST_LINES)
        except EngineNotFound:
            return []
