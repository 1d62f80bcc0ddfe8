"""The `deliveries` table: what webhooks have to be told, written with what they are told of.

A deployment's change and the deliveries that it causes are one transaction, so that a kill between
the two is impossible; whoever delivers works from these rows.
"""

import sqlite3
from typing import Any, Final

from sotabox.model.deployment import Deployment, Status
from sotabox.model.ids import new_id
from sotabox.model.times import now
from sotabox.model.webhook import (
    DELIVERIES_KEPT,
    Attempt,
    Delivery,
    DeliveryStatus,
    Event,
    event_of,
)
from sotabox.store.database import Database, Transaction

_SUBSCRIBED = """
    SELECT id FROM webhooks AS w
    WHERE project_id = :project_id AND active = 1
        AND EXISTS (SELECT 1 FROM json_each(w.events) WHERE value = :event)
        AND (:unbegun = 0 OR EXISTS (
            SELECT 1 FROM deliveries AS d
            WHERE d.webhook_id = w.id AND d.deployment_id = :deployment_id
                AND d.event = 'deploy.started'))"""
_INSERT = """
    INSERT INTO deliveries (
        id, webhook_id, project_id, event, deployment_id, deployment_status, event_at, resent_from,
        status, attempts, next_attempt_at, response_status, response_body, error, duration_ms,
        created_at, updated_at)
    VALUES (
        :id, :webhook_id, :project_id, :event, :deployment_id, :deployment_status, :event_at,
        :resent_from, :status, :attempts, :now, :response_status, :response_body, :error,
        :duration_ms, :now, :now)
    ON CONFLICT (webhook_id, deployment_id, event)
        WHERE resent_from IS NULL AND deployment_id IS NOT NULL AND event LIKE 'deploy.%'
        DO NOTHING
    RETURNING *"""
_BUSY = """
    SELECT DISTINCT d.webhook_id FROM deliveries AS d INDEXED BY deliveries_waiting
    JOIN webhooks AS w ON w.id = d.webhook_id AND w.active = 1 WHERE d.status = 'waiting'"""
_NEXT = """
    SELECT d.* FROM deliveries AS d JOIN webhooks AS w ON w.id = d.webhook_id AND w.active = 1
    WHERE d.webhook_id = ? AND d.status = 'waiting' ORDER BY d.position LIMIT 1"""
_RECORD = """
    UPDATE deliveries SET status = :status, attempts = :attempts,
        next_attempt_at = :next_attempt_at, response_status = :response_status,
        response_body = :response_body, error = :error, duration_ms = :duration_ms,
        updated_at = :now
    WHERE id = :id AND status = 'waiting'"""
_FORGET = """
    DELETE FROM deliveries WHERE webhook_id = :webhook_id AND status <> 'waiting' AND position <= (
        SELECT position FROM deliveries WHERE webhook_id = :webhook_id AND status <> 'waiting'
        ORDER BY position DESC LIMIT 1 OFFSET :kept)"""
_GET = "SELECT * FROM deliveries WHERE id = ?"
_PAGE = """
    SELECT * FROM deliveries WHERE webhook_id = ? AND position < ? ORDER BY position DESC LIMIT ?"""
_POSITION_MAX: Final = 2**62


class Deliveries:
    """Events on their way to webhooks, and how they got there."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def busy_webhooks(self) -> list[str]:
        """The active webhooks that something waits for."""
        return [row["webhook_id"] for row in await self._database.all(_BUSY)]

    async def next_of(self, webhook_id: str) -> Delivery | None:
        """What an active webhook has to be told next: in the order in which it happened."""
        row = await self._database.one(_NEXT, (webhook_id,))
        return _delivery(row) if row else None

    async def record(
        self, delivery: Delivery, attempt: Attempt, status: DeliveryStatus, next_attempt_at: str
    ) -> None:
        """Notes how an attempt went; of what is settled, the newest are kept."""
        values = {
            "id": delivery.id,
            "status": status,
            "attempts": delivery.attempts + 1,
            "next_attempt_at": next_attempt_at,
            "now": now(),
            **_outcome(attempt),
        }
        async with self._database.transaction() as transaction:
            await transaction.execute(_RECORD, values)
            await _forget_old(transaction, delivery.webhook_id)

    async def insert_settled(self, delivery: Delivery, attempt: Attempt) -> Delivery:
        """Keeps a delivery that was made at once: a ping, or one that was sent again."""
        status = DeliveryStatus.DELIVERED if attempt.accepted else DeliveryStatus.FAILED
        values = {
            **_columns(delivery.webhook_id, delivery.project_id, delivery.event),
            "id": delivery.id,
            "deployment_id": delivery.deployment_id,
            "deployment_status": delivery.deployment_status,
            "event_at": delivery.event_at,
            "resent_from": delivery.resent_from,
            "status": status,
            "attempts": 1,
            **_outcome(attempt),
        }
        async with self._database.transaction() as transaction:
            row = await transaction.only(_INSERT, values)
            await _forget_old(transaction, delivery.webhook_id)
        return _delivery(row)

    async def find(self, delivery_id: str) -> Delivery | None:
        """The delivery of an id."""
        row = await self._database.one(_GET, (delivery_id,))
        return _delivery(row) if row else None

    async def page(
        self, webhook_id: str, before: int | None, limit: int
    ) -> list[tuple[int, Delivery]]:
        """At most `limit` deliveries with a position below `before`, newest first."""
        values = (webhook_id, _POSITION_MAX if before is None else before, limit)
        rows = await self._database.all(_PAGE, values)
        return [(row["position"], _delivery(row)) for row in rows]


async def announce(transaction: Transaction, before: Status | None, deployment: Deployment) -> None:
    """Notes, with a deployment's change, whom it has to be told to.

    One that was stopped while it waited has no story, unless its start was told before a crash.

    Args:
        transaction: the one that changes the deployment.
        before: its status until now; None for a new one.
        deployment: as it is from now on.
    """
    event = event_of(before, deployment.status)
    if event is None:
        return
    wanted = {
        "project_id": deployment.project_id,
        "deployment_id": deployment.id,
        "event": event,
        "unbegun": before is Status.PENDING and deployment.status is Status.STOPPED,
    }
    for webhook in await transaction.all(_SUBSCRIBED, wanted):
        values = {
            **_columns(webhook["id"], deployment.project_id, event),
            "deployment_id": deployment.id,
            "deployment_status": deployment.status,
            "event_at": deployment.updated_at,
        }
        await transaction.one(_INSERT, values)


async def announce_event(
    transaction: Transaction,
    event: Event,
    *,
    project_id: str,
    deployment_id: str,
    status: Status,
    at: str,
) -> None:
    """Notes, with what happened to an app, whom it has to be told to; unlike a deploy's, it may recur."""
    wanted = {
        "project_id": project_id,
        "deployment_id": deployment_id,
        "event": event,
        "unbegun": False,
    }
    for webhook in await transaction.all(_SUBSCRIBED, wanted):
        values = {
            **_columns(webhook["id"], project_id, event),
            "deployment_id": deployment_id,
            "deployment_status": status,
            "event_at": at,
        }
        await transaction.one(_INSERT, values)


def _columns(webhook_id: str, project_id: str, event: Event) -> dict[str, Any]:
    absent = (
        "deployment_id",
        "deployment_status",
        "resent_from",
        "response_status",
        "response_body",
        "error",
        "duration_ms",
    )
    return {
        **dict.fromkeys(absent),
        "id": new_id(),
        "webhook_id": webhook_id,
        "project_id": project_id,
        "event": event,
        "status": DeliveryStatus.WAITING,
        "attempts": 0,
        "now": now(),
    }


def _outcome(attempt: Attempt) -> dict[str, Any]:
    return {
        "response_status": attempt.response_status,
        "response_body": attempt.response_body,
        "error": attempt.error,
        "duration_ms": attempt.duration_ms,
    }


async def _forget_old(transaction: Transaction, webhook_id: str) -> None:
    await transaction.execute(_FORGET, {"webhook_id": webhook_id, "kept": DELIVERIES_KEPT})


def _delivery(row: sqlite3.Row) -> Delivery:
    values = dict(row)
    del values["position"]
    values["event"] = Event(row["event"])
    values["status"] = DeliveryStatus(row["status"])
    if row["deployment_status"] is not None:
        values["deployment_status"] = Status(row["deployment_status"])
    return Delivery(**values)
