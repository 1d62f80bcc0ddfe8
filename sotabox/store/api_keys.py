"""The `api_keys` table: digests, never keys."""

import sqlite3

from sotabox.model.ids import new_id
from sotabox.model.times import now
from sotabox.model.user import ApiKey, User
from sotabox.store.database import Database
from sotabox.store.users import JOINED_USER, joined_user

_INSERT = """
    INSERT INTO api_keys (id, user_id, name, key_hash, key_prefix, created_at, expires_at)
    VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING *"""
_BY_HASH = f"""
    SELECT api_keys.*, {JOINED_USER}
    FROM api_keys JOIN users ON users.id = api_keys.user_id WHERE key_hash = ?"""
_OF_USER = "SELECT * FROM api_keys WHERE user_id = ? ORDER BY id"
_USED = "UPDATE api_keys SET last_used_at = ? WHERE id = ?"
_DELETE = "DELETE FROM api_keys WHERE id = ? AND user_id = ?"


class ApiKeys:
    """Keys that stand for a user."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def insert(
        self,
        user_id: str,
        name: str,
        key_hash: str,
        key_prefix: str,
        expires_at: str | None = None,
    ) -> ApiKey:
        """Keeps a new key's digest."""
        values = (new_id(), user_id, name, key_hash, key_prefix, now(), expires_at)
        async with self._database.transaction() as transaction:
            row = await transaction.only(_INSERT, values)
        return _api_key(row)

    async def find_with_user(self, key_hash: str) -> tuple[ApiKey, User] | None:
        """The key whose digest this is, and whose it is: one read, as each request asks for both."""
        return await self._database.recall(_BY_HASH, (key_hash,), _with_user)

    async def of_user(self, user_id: str) -> list[ApiKey]:
        """A user's keys, oldest first."""
        return [_api_key(row) for row in await self._database.all(_OF_USER, (user_id,))]

    async def mark_used(self, key_id: str, moment: str) -> None:
        """Remembers when a key was last used."""
        async with self._database.transaction() as transaction:
            await transaction.execute(_USED, (moment, key_id))

    async def delete(self, key_id: str, user_id: str) -> bool:
        """Revokes a user's key; False where it isn't theirs."""
        async with self._database.transaction() as transaction:
            return await transaction.execute(_DELETE, (key_id, user_id)) == 1


def _with_user(row: sqlite3.Row) -> tuple[ApiKey, User]:
    return _api_key(row), joined_user(row)


def _api_key(row: sqlite3.Row) -> ApiKey:
    return ApiKey(
        id=row["id"],
        user_id=row["user_id"],
        name=row["name"],
        key_prefix=row["key_prefix"],
        created_at=row["created_at"],
        last_used_at=row["last_used_at"],
        expires_at=row["expires_at"],
    )
