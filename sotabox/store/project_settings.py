"""The `project_settings` table: a row for each project that has any of its own."""

import sqlite3
from collections.abc import Mapping
from typing import Any

from sotabox.events import Bus, ProjectChanged
from sotabox.model.project_settings import FIELDS, ProjectSettings
from sotabox.model.times import now
from sotabox.store.database import Database

_COLUMNS = ", ".join(FIELDS)
_OF = f"SELECT {_COLUMNS} FROM project_settings WHERE project_id = ?"
_ENSURE = """
    INSERT INTO project_settings (project_id, updated_at) VALUES (?, ?)
    ON CONFLICT (project_id) DO NOTHING"""


class ProjectsSettings:
    """What projects say about how they are built and run."""

    def __init__(self, database: Database, bus: Bus) -> None:
        self._database = database
        self._bus = bus

    async def of(self, project_id: str) -> ProjectSettings:
        """A project's settings; all None where nothing was ever set."""
        row = await self._database.one(_OF, (project_id,))
        return _settings(row) if row else ProjectSettings()

    async def change(self, project_id: str, changes: Mapping[str, Any]) -> ProjectSettings:
        """Sets what `changes` names (None: as the box says); gives all of them."""
        if unknown := changes.keys() - set(FIELDS):
            raise ValueError(f"not settings: {unknown}")
        assignments = "".join(f", {name} = :{name}" for name in changes)
        async with self._database.transaction() as transaction:
            await transaction.execute(_ENSURE, (project_id, now()))
            row = await transaction.only(
                f"""UPDATE project_settings SET updated_at = :now{assignments}
                WHERE project_id = :project_id RETURNING {_COLUMNS}""",
                {**changes, "project_id": project_id, "now": now()},
            )
        self._bus.publish(ProjectChanged(project_id))
        return _settings(row)


def _settings(row: sqlite3.Row) -> ProjectSettings:
    return ProjectSettings(**dict(row))
