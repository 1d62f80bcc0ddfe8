"""The `members` table: who works on somebody else's project."""

import sqlite3

from sotabox.model.times import now
from sotabox.model.user import Member, Role
from sotabox.store.database import Database, Transaction

_KNOWN = "SELECT 1 FROM members WHERE project_id = ? AND user_id = ?"
_PUT = """
    INSERT INTO members (project_id, user_id, role, created_at) VALUES (?, ?, ?, ?)
    ON CONFLICT (project_id, user_id) DO UPDATE SET role = excluded.role"""
_GET = """
    SELECT members.*, users.email FROM members JOIN users ON users.id = members.user_id
    WHERE project_id = ? AND user_id = ?"""
_OF_PROJECT = """
    SELECT members.*, users.email FROM members JOIN users ON users.id = members.user_id
    WHERE project_id = ? ORDER BY user_id"""
_DELETE = "DELETE FROM members WHERE project_id = ? AND user_id = ?"


class Members:
    """Users who may see a project that is not theirs, and as what."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, project_id: str, user_id: str, role: Role) -> tuple[Member, bool]:
        """Lets a user in, or gives one who is in another role; and whether they are new."""
        async with self._database.transaction() as transaction:
            known = await transaction.one(_KNOWN, (project_id, user_id))
            await transaction.execute(_PUT, (project_id, user_id, role, now()))
            row = await _get(transaction, project_id, user_id)
        return _member(row), known is None

    async def of_project(self, project_id: str) -> list[Member]:
        """A project's members; its owner is not among them."""
        return [_member(row) for row in await self._database.all(_OF_PROJECT, (project_id,))]

    async def delete(self, project_id: str, user_id: str) -> bool:
        """Lets a user out; False where they were not in."""
        async with self._database.transaction() as transaction:
            return await transaction.execute(_DELETE, (project_id, user_id)) == 1


async def _get(transaction: Transaction, project_id: str, user_id: str) -> sqlite3.Row:
    return await transaction.only(_GET, (project_id, user_id))


def _member(row: sqlite3.Row) -> Member:
    return Member(
        project_id=row["project_id"],
        user_id=row["user_id"],
        email=row["email"],
        role=Role(row["role"]),
        created_at=row["created_at"],
    )
