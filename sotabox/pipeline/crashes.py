"""Sees when an app that serves ends by itself again and again, which the engine mends silently."""

import asyncio
import logging
import time
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, Never

import msgspec

from sotabox.engine.client import EngineError, EngineNotFound
from sotabox.engine.containers import Containers
from sotabox.engine.events import ContainerEvent
from sotabox.errors import SotaboxError
from sotabox.model.crash_loop import CRASHES, QUIET_S, CrashLoop, is_loop
from sotabox.model.deployment import Deployment, Status
from sotabox.model.times import now, parse_time
from sotabox.store.store import Store

_LOOK_EVERY_S: Final = 15.0

_logger = logging.getLogger(__name__)


@dataclass(slots=True)
class _Run:
    """What is known of a container: how its last run ended, and when it crashed."""

    exit_code: int | None = None
    out_of_memory: bool = False
    restarts: int = 0
    crashes: deque[float] = field(default_factory=lambda: deque(maxlen=CRASHES))


@dataclass(frozen=True, slots=True, kw_only=True)
class Crashes:
    """Counts what the engine started again. A restart that a person asked for is none: it counts anew."""

    store: Store
    containers: Containers
    quiet_s: float = QUIET_S
    look_every_s: float = _LOOK_EVERY_S
    _runs: dict[str, _Run] = field(default_factory=dict)

    async def on_event(self, event: ContainerEvent) -> None:
        """Takes in what happened to a container."""
        if event.action == "destroy":
            self._runs.pop(event.container_id, None)
            return
        run = self._runs.setdefault(event.container_id, _Run())
        if event.action == "oom":
            run.out_of_memory = True
        elif event.action == "die":
            run.exit_code = event.exit_code
        elif event.action == "start":
            try:
                await self._started(event, run)
            except (SotaboxError, EngineError) as error:
                _logger.warning("a restart could not be counted: %s", error)
            run.out_of_memory = False

    async def _started(self, event: ContainerEvent, run: _Run) -> None:
        deployment = await self.store.deployments.running(event.project_id or "")
        if deployment is None or event.container_id not in deployment.container_ids:
            return
        restarts = (await self.containers.inspect(event.container_id)).restart_count
        by_engine, run.restarts = restarts > run.restarts, restarts
        if not by_engine:
            return
        run.crashes.append(time.monotonic())
        loop = deployment.crash_loop
        is_open = loop is not None and not loop.over
        if not is_open and not is_loop(run.crashes, time.monotonic()):
            return
        if not is_open:
            _logger.warning("deployment %s is in a crash loop", deployment.id)
        moment = now()
        await self.store.crash_loops.put(
            deployment,
            CrashLoop(
                restarts=restarts,
                exit_code=run.exit_code,
                out_of_memory=run.out_of_memory,
                since=loop.since if loop is not None and is_open else moment,
                last_at=moment,
            ),
        )

    async def run(self) -> Never:
        """Ends loops after which it has been quiet; the root of its task."""
        while True:
            await asyncio.sleep(self.look_every_s)
            try:
                for id_ in await self.store.crash_loops.open_ones():
                    await self._end_if_quiet(await self.store.deployments.find(id_))
            except (SotaboxError, EngineError) as error:
                _logger.warning("crash loops can't be looked at: %s", error)

    async def _end_if_quiet(self, deployment: Deployment | None) -> None:
        if deployment is None or deployment.crash_loop is None:
            return
        loop = deployment.crash_loop
        quiet_s = (datetime.now(UTC) - parse_time(loop.last_at)).total_seconds()
        if deployment.status is not Status.RUNNING or quiet_s < self.quiet_s:
            return
        try:
            found = [await self.containers.inspect(id_) for id_ in deployment.container_ids]
        except EngineNotFound:
            return  # another is about to be made of its image
        if all(container.running for container in found):
            await self.store.crash_loops.put(deployment, msgspec.structs.replace(loop, over=True))
