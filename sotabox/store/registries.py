"""The `registries` table: who may pull from where; passwords sealed, opened only here."""

import sqlite3

from sotabox.crypto.sealing import Sealer
from sotabox.model.ids import new_id
from sotabox.model.registry import Registry
from sotabox.model.times import now
from sotabox.store.database import Database

_INSERT = """
    INSERT INTO registries (id, user_id, host, username, sealed, created_at, updated_at)
    VALUES (:id, :user_id, :host, :username, :sealed, :now, :now)
    ON CONFLICT DO NOTHING RETURNING *"""
_GET = "SELECT * FROM registries WHERE id = ?"
_OF_USER = "SELECT * FROM registries WHERE user_id = ? ORDER BY host"
_OF_BOX = "SELECT * FROM registries WHERE user_id IS NULL ORDER BY host"
_CHANGE = """
    UPDATE registries SET username = coalesce(:username, username),
        sealed = coalesce(:sealed, sealed), updated_at = :now
    WHERE id = :id RETURNING *"""
_DELETE = "DELETE FROM registries WHERE id = ?"


class Registries:
    """Credentials of registries: a user's, or the box's, which hold for everybody."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer

    async def insert(
        self, user_id: str | None, host: str, username: str, password: str
    ) -> Registry | None:
        """New credentials; None where there are some for this host already."""
        id_ = new_id()
        values = {
            "id": id_,
            "user_id": user_id,
            "host": host,
            "username": username,
            "sealed": self._sealer.seal(password, _context(id_)),
            "now": now(),
        }
        async with self._database.transaction() as transaction:
            row = await transaction.one(_INSERT, values)
        return _registry(row) if row else None

    async def find(self, id_: str) -> Registry | None:
        """The credentials of an id, without their password."""
        row = await self._database.one(_GET, (id_,))
        return _registry(row) if row else None

    async def of_user(self, user_id: str) -> list[Registry]:
        """A user's own, by host."""
        return [_registry(row) for row in await self._database.all(_OF_USER, (user_id,))]

    async def of_box(self) -> list[Registry]:
        """The box's, by host."""
        return [_registry(row) for row in await self._database.all(_OF_BOX)]

    async def credentials(self, user_id: str) -> dict[str, tuple[str, str]]:
        """User and password by host, of all that hold for a user; their own before the box's."""
        rows = [
            *await self._database.all(_OF_BOX),
            *await self._database.all(_OF_USER, (user_id,)),
        ]
        return {
            row["host"]: (row["username"], self._sealer.open(row["sealed"], _context(row["id"])))
            for row in rows
        }

    async def change(
        self, id_: str, *, username: str | None, password: str | None
    ) -> Registry | None:
        """Sets what is given; None where there are none of that id."""
        values = {
            "id": id_,
            "username": username,
            "sealed": None if password is None else self._sealer.seal(password, _context(id_)),
            "now": now(),
        }
        async with self._database.transaction() as transaction:
            row = await transaction.one(_CHANGE, values)
        return _registry(row) if row else None

    async def delete(self, id_: str) -> None:
        """Forgets credentials."""
        async with self._database.transaction() as transaction:
            await transaction.execute(_DELETE, (id_,))


def _context(id_: str) -> str:
    return f"registry:{id_}"


def _registry(row: sqlite3.Row) -> Registry:
    return Registry(
        id=row["id"],
        user_id=row["user_id"],
        host=row["host"],
        username=row["username"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )
