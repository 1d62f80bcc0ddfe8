"""The `sessions` table: digests of tokens, never tokens."""

import sqlite3

from sotabox.model.ids import new_id
from sotabox.model.session import Session
from sotabox.model.times import now as present
from sotabox.model.user import User
from sotabox.store.database import Database
from sotabox.store.users import JOINED_USER, joined_user

_INSERT = """
    INSERT INTO sessions (id, user_id, token_hash, address, agent, created_at, seen_at, expires_at)
    VALUES (:id, :user_id, :token_hash, :address, :agent, :now, :now, :expires_at) RETURNING *"""
_LIVE = """created_at > :made_after AND seen_at > :seen_after
    AND coalesce(expires_at, '9999') > :now"""
_BY_HASH = f"SELECT * FROM sessions WHERE token_hash = :token_hash AND {_LIVE}"
_OF_USER = f"SELECT * FROM sessions WHERE user_id = :user_id AND {_LIVE} ORDER BY seen_at DESC"
_LAST_SEEN = f"SELECT user_id, max(seen_at) AS seen_at FROM sessions WHERE {_LIVE} GROUP BY user_id"
_WITH_USER = f"""
    SELECT {JOINED_USER}
    FROM sessions JOIN users ON users.id = sessions.user_id
    WHERE sessions.id = ? AND expires_at > ?"""
_SEEN = "UPDATE sessions SET seen_at = ?, address = ? WHERE id = ?"
_DELETE = "DELETE FROM sessions WHERE id = ? AND user_id = ?"
_DELETE_OF_USER = "DELETE FROM sessions WHERE user_id = ?"
_DELETE_DEAD = f"DELETE FROM sessions WHERE NOT ({_LIVE})"


class Sessions:
    """Browsers that were let in. Moments are texts of `model.times`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def insert(
        self,
        user_id: str,
        token_hash: str,
        *,
        address: str,
        agent: str,
        now: str,
        expires_at: str | None = None,
    ) -> Session:
        """A new session of a user."""
        values = {
            "id": new_id(),
            "user_id": user_id,
            "token_hash": token_hash,
            "address": address,
            "agent": agent,
            "now": now,
            "expires_at": expires_at,
        }
        async with self._database.transaction() as transaction:
            row = await transaction.only(_INSERT, values)
        return _session(row)

    async def find(self, token_hash: str, *, made_after: str, seen_after: str) -> Session | None:
        """The session that a token opens, unless it is too old."""
        values = {
            "token_hash": token_hash,
            "made_after": made_after,
            "seen_after": seen_after,
            "now": present(),
        }
        row = await self._database.find(_BY_HASH, values)
        return _session(row) if row else None

    async def find_user(self, session_id: str, now: str) -> User | None:
        """Whose session of a program that is, unless it has ended: one read, as each request asks."""
        row = await self._database.find(_WITH_USER, (session_id, now))
        return joined_user(row) if row else None

    async def of_user(self, user_id: str, *, made_after: str, seen_after: str) -> list[Session]:
        """A user's sessions that are not too old, the last used first."""
        values = {
            "user_id": user_id,
            "made_after": made_after,
            "seen_after": seen_after,
            "now": present(),
        }
        return [_session(row) for row in await self._database.all(_OF_USER, values)]

    async def last_seen(self, *, made_after: str, seen_after: str) -> dict[str, str]:
        """When somebody's session was last used, by user."""
        values = {"made_after": made_after, "seen_after": seen_after, "now": present()}
        rows = await self._database.all(_LAST_SEEN, values)
        return {row["user_id"]: row["seen_at"] for row in rows}

    async def mark_seen(self, session_id: str, now: str, address: str) -> None:
        """Remembers when and from where a session was last used."""
        async with self._database.transaction() as transaction:
            await transaction.execute(_SEEN, (now, address, session_id))

    async def delete(self, session_id: str, user_id: str) -> bool:
        """Ends a session of a user; False where it isn't theirs."""
        async with self._database.transaction() as transaction:
            return await transaction.execute(_DELETE, (session_id, user_id)) == 1

    async def delete_of_user(self, user_id: str) -> None:
        """Ends all sessions of a user."""
        async with self._database.transaction() as transaction:
            await transaction.execute(_DELETE_OF_USER, (user_id,))

    async def delete_dead(self, *, made_after: str, seen_after: str) -> None:
        """Forgets those that nobody can use any more."""
        values = {"made_after": made_after, "seen_after": seen_after, "now": present()}
        async with self._database.transaction() as transaction:
            await transaction.execute(_DELETE_DEAD, values)


def _session(row: sqlite3.Row) -> Session:
    return Session(
        id=row["id"],
        user_id=row["user_id"],
        address=row["address"],
        agent=row["agent"],
        created_at=row["created_at"],
        seen_at=row["seen_at"],
        expires_at=row["expires_at"],
    )
