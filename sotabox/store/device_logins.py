"""The `device_logins` table: digests of codes, never codes."""

import sqlite3

from sotabox.model.device_login import DeviceLogin
from sotabox.model.ids import new_id
from sotabox.store.database import Database

_FORGET = "DELETE FROM device_logins WHERE created_at < ?"
_WAITING = "SELECT count(*) AS number FROM device_logins WHERE created_at > ?"
_INSERT = """
    INSERT INTO device_logins (device_hash, user_code_hash, created_at) VALUES (?, ?, ?)
    ON CONFLICT (user_code_hash) DO NOTHING"""
_FIND = "SELECT * FROM device_logins WHERE device_hash = ?"
_POLLED = "UPDATE device_logins SET polled_at = ? WHERE device_hash = ?"
_WAITS = "user_code_hash = ? AND created_at > ? AND user_id IS NULL"
_IS_WAITING = f"SELECT 1 FROM device_logins WHERE {_WAITS}"
_APPROVE = f"UPDATE device_logins SET user_id = ? WHERE {_WAITS}"
_REFUSE = f"DELETE FROM device_logins WHERE {_WAITS}"
_REDEEM = """
    DELETE FROM device_logins WHERE device_hash = ? AND user_id IS NOT NULL RETURNING user_id"""
_INSERT_KEY = """
    INSERT INTO api_keys (id, user_id, name, key_hash, key_prefix, created_at)
    VALUES (?, ?, ?, ?, ?, ?)"""


class DeviceLogins:
    """Devices that ask to be let in. Moments are texts of `model.times`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def insert(
        self,
        device_hash: str,
        user_code_hash: str,
        now: str,
        *,
        made_after: str,
        forget_before: str,
        at_most: int,
    ) -> bool:
        """Keeps a new one; False where `at_most` wait already, or the code is in use."""
        async with self._database.transaction() as transaction:
            await transaction.execute(_FORGET, (forget_before,))
            waiting = await transaction.only(_WAITING, (made_after,))
            if waiting["number"] >= at_most:
                return False
            values = (device_hash, user_code_hash, now)
            return await transaction.execute(_INSERT, values) == 1

    async def find(self, device_hash: str) -> DeviceLogin | None:
        """The login that a device's code belongs to, however old."""
        row = await self._database.one(_FIND, (device_hash,))
        return _device_login(row) if row else None

    async def mark_polled(self, device_hash: str, now: str) -> None:
        """Remembers when a device last asked."""
        async with self._database.transaction() as transaction:
            await transaction.execute(_POLLED, (now, device_hash))

    async def is_waiting(self, user_code_hash: str, *, made_after: str) -> bool:
        """Whether a device waits for somebody to confirm this code."""
        found = await self._database.one(_IS_WAITING, (user_code_hash, made_after))
        return found is not None

    async def approve(self, user_code_hash: str, user_id: str, *, made_after: str) -> bool:
        """Lets the device in as a user; False where none waits."""
        async with self._database.transaction() as transaction:
            values = (user_id, user_code_hash, made_after)
            return await transaction.execute(_APPROVE, values) == 1

    async def refuse(self, user_code_hash: str, *, made_after: str) -> bool:
        """Sends the device away; False where none waits."""
        async with self._database.transaction() as transaction:
            return await transaction.execute(_REFUSE, (user_code_hash, made_after)) == 1

    async def redeem(
        self, device_hash: str, *, name: str, key_hash: str, key_prefix: str, now: str
    ) -> bool:
        """Turns an approved login into a key of its user, once; False where it is not approved."""
        async with self._database.transaction() as transaction:
            row = await transaction.one(_REDEEM, (device_hash,))
            if row is None:
                return False
            values = (new_id(), row["user_id"], name, key_hash, key_prefix, now)
            await transaction.execute(_INSERT_KEY, values)
        return True


def _device_login(row: sqlite3.Row) -> DeviceLogin:
    return DeviceLogin(
        device_hash=row["device_hash"],
        user_id=row["user_id"],
        created_at=row["created_at"],
        polled_at=row["polled_at"],
    )
