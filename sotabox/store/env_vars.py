"""The `env_vars` table: values sealed, opened only here."""

import sqlite3
from collections.abc import Callable, Mapping

from sotabox.crypto.sealing import Sealer
from sotabox.events import Bus, ProjectChanged
from sotabox.fault_points import FaultPoint, reach
from sotabox.model.environment import EnvVar, Target
from sotabox.model.ids import new_id
from sotabox.model.times import now
from sotabox.store.database import Database, Transaction

_OF_PROJECT = "SELECT * FROM env_vars WHERE project_id = ? ORDER BY key"
_ID = "SELECT id FROM env_vars WHERE project_id = ? AND key = ?"
_COUNT = "SELECT count(*) AS number FROM env_vars WHERE project_id = ?"
_UPSERT = """
    INSERT INTO env_vars (id, project_id, key, sealed, target, created_at, updated_at)
    VALUES (:id, :project_id, :key, :sealed, coalesce(:target, 'both'), :now, :now)
    ON CONFLICT (project_id, key) DO UPDATE
    SET sealed = :sealed, target = coalesce(:target, target), updated_at = :now RETURNING *"""
_DELETE = "DELETE FROM env_vars WHERE project_id = ? AND key = ?"
_CHANGED = "UPDATE projects SET env_changed_at = ? WHERE id = ?"
_CHANGED_AT = "SELECT env_changed_at FROM projects WHERE id = ?"


class EnvVars:
    """Variables of projects."""

    def __init__(self, database: Database, sealer: Sealer, bus: Bus) -> None:
        self._database = database
        self._bus = bus
        self._sealer = sealer

    async def of_project(self, project_id: str) -> list[EnvVar]:
        """A project's variables by key, in the clear."""
        rows = await self._database.all(_OF_PROJECT, (project_id,))
        return [self._env_var(row) for row in rows]

    async def upsert(
        self, project_id: str, key: str, value: str, at_most: int, target: Target | None = None
    ) -> EnvVar | None:
        """Sets a variable; None where the project already has `at_most` others.

        Without a `target` the variable keeps the one that it has; a new one is there always.
        """
        async with self._database.transaction() as transaction:
            known = await transaction.one(_ID, (project_id, key))
            count = await transaction.only(_COUNT, (project_id,))
            if known is None and count["number"] >= at_most:
                return None
            row = await self._upsert(transaction, project_id, key, value, target)
            await transaction.execute(_CHANGED, (now(), project_id))
        reach(FaultPoint.VARIABLE_NOTED)
        self._bus.publish(ProjectChanged(project_id))
        return self._env_var(row)

    async def change(
        self, project_id: str, decide: Callable[[Mapping[str, str]], Mapping[str, str]]
    ) -> tuple[Mapping[str, str], Mapping[str, str]]:
        """Makes of a project's values, by key, what `decide` makes of them; gives both.

        All in one transaction: what others set meanwhile is there for `decide`, and is not lost. What it
        raises leaves all as it was.
        """
        async with self._database.transaction() as transaction:
            rows = await transaction.all(_OF_PROJECT, (project_id,))
            before = {variable.key: variable.value for variable in map(self._env_var, rows)}
            after = decide(before)
            if after == before:
                return before, after
            for key in before.keys() - after.keys():
                await transaction.execute(_DELETE, (project_id, key))
            for key, value in after.items():
                if before.get(key) != value:
                    await self._upsert(transaction, project_id, key, value)
            await transaction.execute(_CHANGED, (now(), project_id))
        self._bus.publish(ProjectChanged(project_id))
        return before, after

    async def delete(self, project_id: str, key: str) -> bool:
        """Removes a variable; False where there is none of that key."""
        async with self._database.transaction() as transaction:
            if await transaction.execute(_DELETE, (project_id, key)) == 0:
                return False
            await transaction.execute(_CHANGED, (now(), project_id))
        self._bus.publish(ProjectChanged(project_id))
        return True

    async def changed_at(self, project_id: str) -> str | None:
        """When a project's variables last changed; None where they never did."""
        row = await self._database.one(_CHANGED_AT, (project_id,))
        return row["env_changed_at"] if row else None

    async def _upsert(
        self,
        transaction: Transaction,
        project_id: str,
        key: str,
        value: str,
        target: Target | None = None,
    ) -> sqlite3.Row:
        known = await transaction.one(_ID, (project_id, key))
        id_ = known["id"] if known else new_id()
        values = {
            "id": id_,
            "project_id": project_id,
            "key": key,
            "sealed": self._sealer.seal(value, _context(project_id, id_)),
            "target": target,
            "now": now(),
        }
        return await transaction.only(_UPSERT, values)

    def _env_var(self, row: sqlite3.Row) -> EnvVar:
        return EnvVar(
            id=row["id"],
            project_id=row["project_id"],
            key=row["key"],
            value=self._sealer.open(row["sealed"], _context(row["project_id"], row["id"])),
            target=Target(row["target"]),
            created_at=row["created_at"],
            updated_at=row["updated_at"],
        )


def _context(project_id: str, id_: str) -> str:
    return f"env:{project_id}:{id_}"
