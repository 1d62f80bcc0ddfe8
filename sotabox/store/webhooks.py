"""The `webhooks` table: secrets sealed, opened only here."""

import json
import sqlite3
from collections.abc import Sequence
from typing import Any

from sotabox.crypto.sealing import Sealer
from sotabox.model.ids import new_id
from sotabox.model.times import now
from sotabox.model.webhook import Event, Webhook
from sotabox.store.database import Database

_COUNT = "SELECT count(*) AS number FROM webhooks WHERE project_id = ?"
_INSERT = """
    INSERT INTO webhooks (id, project_id, url, events, sealed_secret, created_at, updated_at)
    VALUES (:id, :project_id, :url, :events, :sealed_secret, :now, :now) RETURNING *"""
_GET = "SELECT * FROM webhooks WHERE id = ?"
_OF_PROJECT = "SELECT * FROM webhooks WHERE project_id = ? ORDER BY id"
_UPDATE = """
    UPDATE webhooks SET url = coalesce(:url, url), events = coalesce(:events, events),
        active = coalesce(:active, active), updated_at = :now
    WHERE id = :id RETURNING *"""
_DELETE = "DELETE FROM webhooks WHERE id = ? AND project_id = ?"


class Webhooks:
    """Who is told of a project's deploys."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer

    async def insert(
        self, project_id: str, url: str, events: Sequence[Event], secret: str, at_most: int
    ) -> Webhook | None:
        """The new webhook; None where the project already has `at_most`."""
        id_ = new_id()
        values = {
            "id": id_,
            "project_id": project_id,
            "url": url,
            "events": json.dumps(events),
            "sealed_secret": self._sealer.seal(secret, _context(project_id, id_)),
            "now": now(),
        }
        async with self._database.transaction() as transaction:
            if (await transaction.only(_COUNT, (project_id,)))["number"] >= at_most:
                return None
            row = await transaction.only(_INSERT, values)
        return self._webhook(row)

    async def find(self, webhook_id: str) -> Webhook | None:
        """The webhook of an id."""
        row = await self._database.one(_GET, (webhook_id,))
        return self._webhook(row) if row else None

    async def of_project(self, project_id: str) -> list[Webhook]:
        """A project's webhooks, oldest first."""
        rows = await self._database.all(_OF_PROJECT, (project_id,))
        return [self._webhook(row) for row in rows]

    async def change(
        self,
        webhook_id: str,
        *,
        url: str | None,
        events: Sequence[Event] | None,
        active: bool | None,
    ) -> Webhook | None:
        """Sets what is given, and leaves what is None; None where the webhook is gone."""
        values: dict[str, Any] = {
            "id": webhook_id,
            "url": url,
            "events": None if events is None else json.dumps(events),
            "active": active,
            "now": now(),
        }
        async with self._database.transaction() as transaction:
            row = await transaction.one(_UPDATE, values)
        return self._webhook(row) if row else None

    async def delete(self, webhook_id: str, project_id: str) -> bool:
        """Removes a webhook and its deliveries; False where the project has none like it."""
        async with self._database.transaction() as transaction:
            return await transaction.execute(_DELETE, (webhook_id, project_id)) == 1

    def _webhook(self, row: sqlite3.Row) -> Webhook:
        return Webhook(
            id=row["id"],
            project_id=row["project_id"],
            url=row["url"],
            events=tuple(Event(event) for event in json.loads(row["events"])),
            active=bool(row["active"]),
            secret=self._sealer.open(row["sealed_secret"], _context(row["project_id"], row["id"])),
            created_at=row["created_at"],
            updated_at=row["updated_at"],
        )


def _context(project_id: str, id_: str) -> str:
    return f"webhook:{project_id}:{id_}"
