"""The `projects` table."""

import sqlite3

from sotabox.errors import ProjectLimit
from sotabox.events import Bus, ProjectChanged
from sotabox.model.ids import new_id
from sotabox.model.project import Project
from sotabox.model.times import now
from sotabox.model.user import Role
from sotabox.store.database import Database

_INSERT = """
    INSERT INTO projects (id, user_id, name, slug, created_at, updated_at)
    VALUES (:id, :user_id, :name, :slug, :now, :now)
    ON CONFLICT (slug) DO NOTHING RETURNING *"""
_FIND = "SELECT * FROM projects WHERE id = :ref OR slug = :ref ORDER BY id = :ref DESC LIMIT 1"
_FIND_FOR = """
    SELECT p.*, m.role AS member_role FROM projects AS p
    LEFT JOIN members AS m ON m.project_id = p.id AND m.user_id = ?2
    WHERE p.id = ?1 OR p.slug = ?1 ORDER BY p.id = ?1 DESC LIMIT 1"""
_COUNT = "SELECT count(*) AS number FROM projects WHERE user_id = ?"
_PAGE = """
    SELECT p.* FROM (
        SELECT id FROM projects WHERE user_id = :user_id AND id > :after
        UNION ALL
        SELECT project_id FROM members WHERE user_id = :user_id AND project_id > :after
        ORDER BY 1 LIMIT :limit) AS seen
    CROSS JOIN projects AS p ON p.id = seen.id ORDER BY seen.id"""
_PAGE_OF_ALL = "SELECT * FROM projects WHERE id > ? ORDER BY id LIMIT ?"
_ALL = "SELECT * FROM projects ORDER BY id"
_RENAME = "UPDATE projects SET name = ?, updated_at = ? WHERE id = ? RETURNING *"
_MARK_DELETING = "UPDATE projects SET deleting = 1, updated_at = ? WHERE id = ?"
_DELETE = "DELETE FROM projects WHERE id = ?"


class Projects:
    """Apps and their names."""

    def __init__(self, database: Database, bus: Bus) -> None:
        self._database = database
        self._bus = bus

    async def insert(
        self, user_id: str, name: str, slug: str, at_most: int | None = None
    ) -> Project | None:
        """The new project, or None where the slug is taken.

        Raises:
            ProjectLimit: the user has `at_most` projects already.
        """
        values = {"id": new_id(), "user_id": user_id, "name": name, "slug": slug, "now": now()}
        async with self._database.transaction() as transaction:
            if at_most is not None:
                count = await transaction.only(_COUNT, (user_id,))
                if count["number"] >= at_most:
                    raise ProjectLimit(
                        f"Your plan has room for {at_most} projects, and you have {count['number']}",
                        hint="Delete one that is not needed any more.",
                    )
            row = await transaction.one(_INSERT, values)
        return _project(row) if row else None

    async def find(self, ref: str) -> Project | None:
        """The project of an id or a slug."""
        row = await self._database.find(_FIND, {"ref": ref})
        return _project(row) if row else None

    async def find_for(self, ref: str, user_id: str) -> tuple[Project, Role | None] | None:
        """The project of an id or a slug, and what a user is as its member.

        One query whether or not there is something to find, so that time tells nothing.
        """
        return await self._database.recall(_FIND_FOR, (ref, user_id), _with_role)

    async def page(self, user_id: str | None, after: str, limit: int) -> list[Project]:
        """At most `limit` projects whose id is above `after`: all, or those that a user sees.

        These are the user's own, and those to which they were added.
        """
        if user_id is None:
            rows = await self._database.find_all(_PAGE_OF_ALL, (after, limit))
        else:
            values = {"user_id": user_id, "after": after, "limit": limit}
            rows = await self._database.find_all(_PAGE, values)
        return [_project(row) for row in rows]

    async def all(self) -> list[Project]:
        """Every project of the box."""
        return [_project(row) for row in await self._database.all(_ALL)]

    async def rename(self, project_id: str, name: str) -> Project | None:
        """Gives a project another name; its slug stays."""
        async with self._database.transaction() as transaction:
            row = await transaction.one(_RENAME, (name, now(), project_id))
        self._bus.publish(ProjectChanged(project_id))
        return _project(row) if row else None

    async def mark_deleting(self, project_id: str) -> None:
        """From here on nothing new begins in the project; a crash finds and finishes the deletion."""
        async with self._database.transaction() as transaction:
            await transaction.execute(_MARK_DELETING, (now(), project_id))

    async def delete(self, project_id: str) -> None:
        """Removes a project and all rows of it."""
        async with self._database.transaction() as transaction:
            await transaction.execute(_DELETE, (project_id,))


def _project(row: sqlite3.Row) -> Project:
    return Project(
        id=row["id"],
        user_id=row["user_id"],
        name=row["name"],
        slug=row["slug"],
        deleting=bool(row["deleting"]),
        paused=bool(row["paused"]),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )


def _with_role(row: sqlite3.Row) -> tuple[Project, Role | None]:
    role = row["member_role"]
    return _project(row), Role(role) if role else None
