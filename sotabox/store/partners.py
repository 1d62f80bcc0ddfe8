"""The tables `partners` and `partner_users`: programs that make users, and whom they made."""

import sqlite3
from dataclasses import dataclass

from sotabox.model.ids import new_id
from sotabox.model.partner import Partner, PartnerUser
from sotabox.model.times import now
from sotabox.model.user import Plan, Role
from sotabox.store.database import Database

_INSERT = """
    INSERT INTO partners (id, name, key_hash, key_prefix, created_at)
    VALUES (?, ?, ?, ?, ?) RETURNING *"""
_ALL = "SELECT * FROM partners ORDER BY id"
_BY_HASH = "SELECT * FROM partners WHERE key_hash = ?"
_USED = "UPDATE partners SET last_used_at = ? WHERE id = ?"
_DELETE = "DELETE FROM partners WHERE id = ?"
_INSERT_USER = """
    INSERT INTO users (id, email, role, password_hash, plan, created_at) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (email) DO NOTHING RETURNING id"""
_INSERT_KEY = """
    INSERT INTO api_keys (id, user_id, name, key_hash, key_prefix, created_at)
    VALUES (?, ?, ?, ?, ?, ?)"""
_INSERT_LINK = """
    INSERT INTO partner_users (id, partner_id, user_id, provisioned_at) VALUES (?, ?, ?, ?)"""
_PAGE = "SELECT * FROM partner_users WHERE partner_id = ? AND id > ? ORDER BY id LIMIT ?"
_LINKED = "SELECT 1 FROM partner_users WHERE partner_id = ? AND user_id = ?"
_COUNTS = """
    SELECT (SELECT count(*) FROM projects WHERE user_id = :user_id) AS projects,
        (SELECT count(*) FROM deployments AS d JOIN projects AS p ON p.id = d.project_id
         WHERE p.user_id = :user_id) AS deployments"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLogin:
    """What a new user gets: digests only."""

    email: str
    password_hash: str
    key_name: str
    key_hash: str
    key_prefix: str


class Partners:
    """Programs of others that make users on this box."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def insert(self, name: str, key_hash: str, key_prefix: str) -> Partner:
        """Keeps a new partner, with the digest of the key."""
        async with self._database.transaction() as transaction:
            row = await transaction.only(_INSERT, (new_id(), name, key_hash, key_prefix, now()))
        return _partner(row)

    async def all(self) -> list[Partner]:
        """Every partner, oldest first."""
        return [_partner(row) for row in await self._database.all(_ALL)]

    async def find_by_key(self, key_hash: str) -> Partner | None:
        """The partner whose key's digest this is."""
        row = await self._database.one(_BY_HASH, (key_hash,))
        return _partner(row) if row else None

    async def mark_used(self, partner_id: str, moment: str) -> None:
        """Remembers when a partner's key was last used."""
        async with self._database.transaction() as transaction:
            await transaction.execute(_USED, (moment, partner_id))

    async def delete(self, partner_id: str) -> bool:
        """Takes a partner's key out of use; the users that it made stay. False where none is."""
        async with self._database.transaction() as transaction:
            return await transaction.execute(_DELETE, (partner_id,)) == 1

    async def provision(self, partner_id: str, login: NewLogin, plan: Plan) -> str | None:
        """A new member with a key, all in one transaction; their id.

        Returns:
            None where somebody has the address; nothing was changed.
        """
        moment, user_id = now(), new_id()
        user = (user_id, login.email, Role.MEMBER, login.password_hash, plan, moment)
        key = (new_id(), user_id, login.key_name, login.key_hash, login.key_prefix, moment)
        async with self._database.transaction() as transaction:
            if await transaction.one(_INSERT_USER, user) is None:
                return None
            await transaction.execute(_INSERT_KEY, key)
            await transaction.execute(_INSERT_LINK, (new_id(), partner_id, user_id, moment))
        return user_id

    async def users_page(self, partner_id: str, after: str, limit: int) -> list[PartnerUser]:
        """At most `limit` of a partner's users whose row's id is above `after`."""
        rows = await self._database.all(_PAGE, (partner_id, after, limit))
        return [_partner_user(row) for row in rows]

    async def has_user(self, partner_id: str, user_id: str) -> bool:
        """Whether a partner has made this user."""
        return await self._database.one(_LINKED, (partner_id, user_id)) is not None

    async def counts(self, user_id: str) -> tuple[int, int]:
        """How many projects a user has, and how many deployments there are in them."""
        row = await self._database.one(_COUNTS, {"user_id": user_id})
        return (row["projects"], row["deployments"]) if row else (0, 0)


def _partner(row: sqlite3.Row) -> Partner:
    return Partner(
        id=row["id"],
        name=row["name"],
        key_prefix=row["key_prefix"],
        created_at=row["created_at"],
        last_used_at=row["last_used_at"],
    )


def _partner_user(row: sqlite3.Row) -> PartnerUser:
    return PartnerUser(
        id=row["id"],
        partner_id=row["partner_id"],
        user_id=row["user_id"],
        provisioned_at=row["provisioned_at"],
    )
