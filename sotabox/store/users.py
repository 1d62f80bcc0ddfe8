"""The `users` table."""

import sqlite3
from typing import Final

from sotabox.model.ids import new_id
from sotabox.model.times import now
from sotabox.model.user import Plan, Role, User
from sotabox.store.database import Database, Transaction

_INSERT = """
    INSERT INTO users (id, email, role, password_hash, created_at) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (email) DO NOTHING RETURNING *"""
_BY_ID = "SELECT * FROM users WHERE id = ?"
_BY_EMAIL = "SELECT * FROM users WHERE email = ?"
_ALL = "SELECT * FROM users ORDER BY id"
_FIRST_ADMIN = "SELECT * FROM users WHERE role = 'admin' ORDER BY id LIMIT 1"
_PAGE = "SELECT * FROM users WHERE id > ? ORDER BY id LIMIT ?"
_OTHER_ADMIN = "SELECT 1 FROM users WHERE role = 'admin' AND id <> ? LIMIT 1"
_CHANGE = """
    UPDATE users SET role = coalesce(:role, role), plan = coalesce(:plan, plan)
    WHERE id = :id RETURNING *"""
_OWNS = "SELECT 1 FROM projects WHERE user_id = ? LIMIT 1"
_NO_MEMBER_OF_OWN = """
    DELETE FROM members WHERE user_id = :heir_id
        AND project_id IN (SELECT id FROM projects WHERE user_id = :user_id)"""
_HAND_OVER = "UPDATE projects SET user_id = :heir_id WHERE user_id = :user_id"
_DELETE = "DELETE FROM users WHERE id = ?"
_UPDATE_HASH = "UPDATE users SET password_hash = ? WHERE id = ?"


#: The columns that `joined_user` reads, for queries that find a user by what lets them in.
JOINED_USER: Final = """users.id AS user_id, users.email, users.role, users.password_hash, users.plan,
    users.created_at AS user_created_at"""


class Users:
    """People who may use the box."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def insert(self, email: str, role: Role, password_hash: str | None) -> User | None:
        """The new user, or None where the address is taken."""
        async with self._database.transaction() as transaction:
            row = await transaction.one(_INSERT, (new_id(), email, role, password_hash, now()))
        return _user(row) if row else None

    async def find(self, user_id: str) -> User | None:
        """The user of an id."""
        row = await self._database.find(_BY_ID, (user_id,))
        return _user(row) if row else None

    async def find_by_email(self, email: str) -> User | None:
        """The user of an address."""
        row = await self._database.one(_BY_EMAIL, (email,))
        return _user(row) if row else None

    async def all(self) -> list[User]:
        """Everybody, who came first first."""
        return [_user(row) for row in await self._database.all(_ALL)]

    async def first_admin(self) -> User | None:
        """The admin who was there first: the one made at install."""
        row = await self._database.one(_FIRST_ADMIN)
        return _user(row) if row else None

    async def page(self, after: str, limit: int) -> list[User]:
        """At most `limit` users whose id is above `after`."""
        return [_user(row) for row in await self._database.all(_PAGE, (after, limit))]

    async def change(
        self, user_id: str, *, role: Role | None = None, plan: Plan | None = None
    ) -> User | None:
        """Gives a user another role or plan; None where there is no such user.

        Raises:
            LastAdmin: nobody would be left to run the box.
        """
        async with self._database.transaction() as transaction:
            if role not in {None, Role.ADMIN}:
                await _require_other_admin(transaction, user_id)
            values = {"role": role, "plan": plan, "id": user_id}
            row = await transaction.one(_CHANGE, values)
        return _user(row) if row else None

    async def delete(self, user_id: str, *, heir_id: str | None) -> None:
        """Removes a user and all that lets them in; their projects go to `heir_id`.

        Raises:
            LastAdmin: nobody would be left to run the box.
            OwnsProjects: there are projects, and nobody to get them.
        """
        async with self._database.transaction() as transaction:
            await _require_other_admin(transaction, user_id)
            if heir_id is not None:
                both = {"user_id": user_id, "heir_id": heir_id}
                await transaction.execute(_NO_MEMBER_OF_OWN, both)
                await transaction.execute(_HAND_OVER, both)
            elif await transaction.one(_OWNS, (user_id,)) is not None:
                raise OwnsProjects(user_id)
            await transaction.execute(_DELETE, (user_id,))

    async def set_password(self, user_id: str, password_hash: str) -> None:
        """Replaces a user's password."""
        async with self._database.transaction() as transaction:
            await transaction.execute(_UPDATE_HASH, (password_hash, user_id))


class LastAdmin(Exception):
    """Without this user nobody runs the box; never leaves the operations."""


class OwnsProjects(Exception):
    """This user has projects; never leaves the operations."""


async def _require_other_admin(transaction: Transaction, user_id: str) -> None:
    if await transaction.one(_OTHER_ADMIN, (user_id,)) is None:
        raise LastAdmin(user_id)


def _user(row: sqlite3.Row) -> User:
    return User(
        id=row["id"],
        email=row["email"],
        role=Role(row["role"]),
        password_hash=row["password_hash"],
        plan=Plan(row["plan"]),
        created_at=row["created_at"],
    )


def joined_user(row: sqlite3.Row) -> User:
    """The user in a row that holds `JOINED_USER`."""
    return User(
        id=row["user_id"],
        email=row["email"],
        role=Role(row["role"]),
        password_hash=row["password_hash"],
        plan=Plan(row["plan"]),
        created_at=row["user_created_at"],
    )
