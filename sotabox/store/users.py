"""The `users` table."""

import sqlite3

from sotabox.model.ids import new_id
from sotabox.model.times import now
from sotabox.model.user import Plan, Role, User
from sotabox.store.database import Database

_INSERT = """
    INSERT INTO users (id, email, role, password_hash, created_at) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (email) DO NOTHING RETURNING *"""
_BY_ID = "SELECT * FROM users WHERE id = ?"
_BY_EMAIL = "SELECT * FROM users WHERE email = ?"
_ALL = "SELECT * FROM users ORDER BY id"
_FIRST_ADMIN = "SELECT * FROM users WHERE role = 'admin' ORDER BY id LIMIT 1"
_UPDATE_HASH = "UPDATE users SET password_hash = ? WHERE id = ?"


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
        row = await self._database.one(_BY_ID, (user_id,))
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

    async def set_password(self, user_id: str, password_hash: str) -> None:
        """Replaces a user's password."""
        async with self._database.transaction() as transaction:
            await transaction.execute(_UPDATE_HASH, (password_hash, user_id))


def _user(row: sqlite3.Row) -> User:
    return User(
        id=row["id"],
        email=row["email"],
        role=Role(row["role"]),
        password_hash=row["password_hash"],
        plan=Plan(row["plan"]),
        created_at=row["created_at"],
    )
