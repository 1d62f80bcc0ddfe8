"""The `guards` table: which deployments are watched, so that a restart goes on watching."""

from sotabox.model.guard import Guard
from sotabox.store.database import Database

_PUT = """
    INSERT INTO guards (project_id, deployment_id, previous_id, until, percent, percent_before)
    VALUES (:project_id, :deployment_id, :previous_id, :until, :percent, :percent_before)
    ON CONFLICT (project_id) DO UPDATE SET deployment_id = :deployment_id,
        previous_id = :previous_id, until = :until, percent = :percent,
        percent_before = :percent_before"""
_ALL = "SELECT * FROM guards"
_DELETE = "DELETE FROM guards WHERE project_id = ? AND deployment_id = ?"


class Guards:
    """Guards that are on."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, guard: Guard) -> None:
        """Watches a deployment, in place of the project's one before."""
        async with self._database.transaction() as transaction:
            await transaction.execute(
                _PUT, {name: getattr(guard, name) for name in Guard.__struct_fields__}
            )

    async def all(self) -> list[Guard]:
        """All that are on."""
        return [Guard(**dict(row)) for row in await self._database.all(_ALL)]

    async def delete(self, guard: Guard) -> None:
        """Ends a watch."""
        async with self._database.transaction() as transaction:
            await transaction.execute(_DELETE, (guard.project_id, guard.deployment_id))
