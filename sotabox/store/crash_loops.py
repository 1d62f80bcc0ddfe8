"""Crash loops: a column of `deployments`, with what webhooks are told when one begins or is over."""

from typing import Final

import msgspec

from sotabox.events import Bus, HealthChanged
from sotabox.model.crash_loop import CrashLoop
from sotabox.model.deployment import Deployment
from sotabox.model.webhook import Event
from sotabox.store.database import Database, Transaction
from sotabox.store.deliveries import announce_event

_OPEN: Final = """
    SELECT id FROM deployments INDEXED BY deployments_one_running
    WHERE status = 'running' AND json_extract(crash_loop, '$.over') = 0"""
_SLUGS: Final = """
    SELECT slug FROM deployments AS d INDEXED BY deployments_one_running
    JOIN projects AS p ON p.id = d.project_id
    WHERE d.status = 'running' AND json_extract(crash_loop, '$.over') = 0 ORDER BY slug"""
_PUT: Final = """
    UPDATE deployments SET crash_loop = :loop WHERE id = :id AND status = 'running' RETURNING *"""


class CrashLoops:
    """Apps that end by themselves again and again."""

    def __init__(self, database: Database, bus: Bus) -> None:
        self._database = database
        self._bus = bus

    async def open_ones(self) -> list[str]:
        """The running deployments that are in one."""
        return [row["id"] for row in await self._database.all(_OPEN)]

    async def slugs(self) -> list[str]:
        """The projects whose app is in one."""
        return [row["slug"] for row in await self._database.all(_SLUGS)]

    async def put(self, deployment: Deployment, loop: CrashLoop) -> None:
        """Notes how a running deployment's loop stands; its beginning and its end are told."""
        was_open = deployment.crash_loop is not None and not deployment.crash_loop.over
        values = {"id": deployment.id, "loop": msgspec.json.encode(loop).decode()}
        async with self._database.transaction() as transaction:
            row = await transaction.one(_PUT, values)
            if row is None:
                return  # another deployment serves by now
            if was_open == loop.over:
                await _tell(transaction, deployment, loop)
        self._bus.publish(HealthChanged(deployment.project_id, deployment.id))


async def _tell(transaction: Transaction, deployment: Deployment, loop: CrashLoop) -> None:
    await announce_event(
        transaction,
        Event.RECOVERED if loop.over else Event.DEGRADED,
        project_id=deployment.project_id,
        deployment_id=deployment.id,
        status=deployment.status,
        at=loop.last_at,
    )
