"""What becomes of a deployment that can't go on: it fails, or waits until the box can again."""

import asyncio
import logging
import shutil
from dataclasses import dataclass
from typing import Final

from sotabox.engine.client import Engine, EngineError
from sotabox.errors import DiskFull, EngineUnavailable, SotaboxError, Unavailable
from sotabox.fault_points import FaultPoint, reach
from sotabox.model.deployment import Status
from sotabox.model.ids import short_id
from sotabox.pipeline.attempt import Attempt
from sotabox.pipeline.failure import DeploymentFailed
from sotabox.pipeline.retention import Retention
from sotabox.pipeline.swap import Swap
from sotabox.store.store import Store

_ENGINE_PAUSE_S: Final = 1.0
_STORE_PAUSE_S: Final = 1.0
#: How much of an app's last words stands in the row; the log has all of them.
_EVIDENCE_LINES: Final = 10

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setbacks:
    """Ends deployments that have failed, and waits out what is not their fault."""

    store: Store
    engine: Engine
    retention: Retention
    swap: Swap

    async def fail(self, deployment_id: str, attempt: Attempt, failure: DeploymentFailed) -> None:
        """Tells in log and row why a deployment failed, and removes what only it needed."""
        building = not attempt.phases.keys() & {"release", "start"}
        say = attempt.log.build if building else attempt.log.deploy
        if failure.evidence:
            say("The app's last lines:", *(f"  {line}" for line in failure.evidence))
        say(f"✕ {failure.reason}", *([failure.hint] if failure.hint else []))
        reason = attempt.log.masked(
            "\n".join([failure.reason, *failure.evidence[-_EVIDENCE_LINES:]])
        )
        while not await self._note(  # noqa: ASYNC110 - a disk sends no news
            deployment_id, attempt, reason, failure.hint
        ):
            await asyncio.sleep(_STORE_PAUSE_S)
        tree = self.store.folders.tree(deployment_id)  # there still, if the build never began
        await asyncio.to_thread(shutil.rmtree, tree, ignore_errors=True)
        if attempt.unnoted_image is not None:
            self.retention.drop_soon(attempt.unnoted_image)
        if attempt.unsettled:
            self.swap.unsettled.set()
        _logger.info("deployment %s failed: %s", short_id(deployment_id), failure.reason)

    async def wait_for_engine(
        self, deployment_id: str, attempt: Attempt, error: EngineUnavailable
    ) -> None:
        """Waits out an absence of the engine, which is nobody's fault; a build then starts over."""
        reason = error.message.rstrip(".")
        attempt.log.deploy(f"{reason}; this deployment goes on when it is back")
        while not await self.engine.ping():  # noqa: ASYNC110 - the engine sends no news while away
            await asyncio.sleep(_ENGINE_PAUSE_S)
        await self.store.deployments.advance(deployment_id, Status.PENDING)
        attempt.log.deploy("Docker is back")

    async def make_room(self, deployment_id: str, attempt: Attempt, error: DiskFull) -> bool:
        """Whether space was freed for another try: the build cache is what can be had again."""
        attempt.log.build(error.message, "Dropping the build cache to make room...")
        try:
            freed_bytes = await self.retention.make_room()
            if freed_bytes:
                await self.store.deployments.advance(deployment_id, Status.PENDING)
        except (SotaboxError, EngineError) as trouble:
            _logger.warning("no room could be made: %s", trouble)
            return False
        freed_mb = round(freed_bytes / 1_000_000)
        attempt.log.build(f"{freed_mb} MB were freed" + ("; trying again" if freed_bytes else ""))
        return freed_bytes > 0

    async def _note(
        self, deployment_id: str, attempt: Attempt, reason: str, hint: str | None
    ) -> bool:
        """Ends the row of a failed deployment; False while the disk takes no more.

        The deployment then stays under way, as nothing else would end it before the next start.
        """
        try:
            async with self.swap.locks.of(attempt.project.id):
                await self.store.deployments.advance(
                    deployment_id, Status.FAILED, phases=attempt.phases, error=reason, hint=hint
                )
        except Unavailable as error:
            _logger.warning("deployment %s waits for its end: %s", short_id(deployment_id), error)
            return False
        reach(FaultPoint.FAILURE_NOTED)
        return True
