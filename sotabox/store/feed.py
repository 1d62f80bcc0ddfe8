"""The `events` table. Triggers write it, in the transaction of what happened: see the migration."""

import sqlite3

from sotabox.model.feed import FeedEvent
from sotabox.store.database import Database

_AFTER = """
    SELECT e.id, e.type, e.project_id, e.deployment_id, e.at FROM events AS e
    WHERE e.id > :after AND (
        :user_id IS NULL OR e.owner_id = :user_id OR EXISTS (
            SELECT 1 FROM members AS m WHERE m.project_id = e.project_id AND m.user_id = :user_id))
    ORDER BY e.id LIMIT :limit"""
# As two queries: for both at once SQLite would read the whole table.
_BOUNDS = """
    SELECT coalesce((SELECT min(id) FROM events), 1) AS oldest,
        coalesce((SELECT max(id) FROM events), 0) AS newest"""


class Feed:
    """What happened on the box, as far back as it is kept."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def bounds(self) -> tuple[int, int]:
        """The ids of the oldest and the newest event that are kept; 1 and 0 where there is none."""
        row = await self._database.one(_BOUNDS)
        return (row["oldest"], row["newest"]) if row else (1, 0)

    async def after(self, id_: int, user_id: str | None, limit: int) -> list[FeedEvent]:
        """At most `limit` events after `id_`, oldest first: all, or those of a user's projects."""
        values = {"after": id_, "user_id": user_id, "limit": limit}
        return [_event(row) for row in await self._database.all(_AFTER, values)]


def _event(row: sqlite3.Row) -> FeedEvent:
    return FeedEvent(**dict(row))
