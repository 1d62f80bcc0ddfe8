"""The `audit` table: entries are added, and never changed or removed.

Each entry's hash is keyed, and covers the hash before it, so that who can write to the database but
has no key of this box can't change, insert or remove one unseen. What is cut off at the end shows as
well: SQLite remembers the highest position that was ever given (`AUTOINCREMENT`).
"""

import hashlib
import hmac
import sqlite3
from typing import Final

import msgspec

from sotabox.crypto.sealing import Sealer
from sotabox.model.audit import AuditEntry, AuditVerdict
from sotabox.model.times import now
from sotabox.store.database import Database

_LAST = "SELECT hash FROM audit ORDER BY position DESC LIMIT 1"
_INSERT = """
    INSERT INTO audit (position, at, actor_id, actor, action, target, address, status, hash)
    VALUES (:position, :at, :actor_id, :actor, :action, :target, :address, :status, :hash)"""
_PAGE = """
    SELECT * FROM audit WHERE position < :before
        AND (:who = '' OR instr(lower(actor), :who) > 0)
        AND (:what = '' OR action = :what)
    ORDER BY position DESC LIMIT :limit"""
_ACTIONS = "SELECT DISTINCT action FROM audit ORDER BY action"
_FROM = "SELECT * FROM audit WHERE position > ? ORDER BY position LIMIT ?"
_HIGHEST = "SELECT seq FROM sqlite_sequence WHERE name = 'audit'"
_POSITION_MAX: Final = 2**62
_AT_ONCE: Final = 1000


class Audit:
    """What people did on this box."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._key = sealer.derived_key("audit log")

    async def append(
        self,
        *,
        actor_id: str,
        actor: str,
        action: str,
        target: dict[str, str],
        address: str,
        status: int,
    ) -> AuditEntry:
        """Adds an entry at the end."""
        async with self._database.transaction() as transaction:
            last = await transaction.one(_LAST)
            # Never one that was given before: what was cut off leaves a gap for ever.
            highest = await transaction.one(_HIGHEST)
            entry = AuditEntry(
                position=highest["seq"] + 1 if highest else 1,
                at=now(),
                actor_id=actor_id,
                actor=actor,
                action=action,
                target=target,
                address=address,
                status=status,
                hash="",
            )
            sealed = msgspec.structs.replace(
                entry, hash=self._hash(entry, last["hash"] if last else "")
            )
            values = msgspec.structs.asdict(sealed)
            values["target"] = msgspec.json.encode(target).decode()
            await transaction.execute(_INSERT, values)
        return sealed

    async def page(
        self, before: int | None, limit: int, *, who: str = "", what: str = ""
    ) -> list[AuditEntry]:
        """At most `limit` entries with a position below `before`, newest first.

        `who` is a part of an actor's address, `what` an action; empty is any.
        """
        values = {
            "before": _POSITION_MAX if before is None else before,
            "who": who.lower(),
            "what": what,
            "limit": limit,
        }
        return [_entry(row) for row in await self._database.all(_PAGE, values)]

    async def actions(self) -> list[str]:
        """What was ever asked for."""
        return [row["action"] for row in await self._database.all(_ACTIONS)]

    async def verify(self) -> AuditVerdict:
        """Reads the whole log and says whether something was changed, cut out or cut off."""
        highest = await self._database.one(_HIGHEST)
        expected, before, count = highest["seq"] if highest else 0, "", 0
        while rows := await self._database.all(_FROM, (count, _AT_ONCE)):
            for row in rows:
                entry = _entry(row)
                right = self._hash(entry, before)
                if entry.position != count + 1 or not hmac.compare_digest(entry.hash, right):
                    return AuditVerdict(intact=False, entries=count, broken_at=count + 1)
                before, count = entry.hash, entry.position
        if count < expected:
            return AuditVerdict(intact=False, entries=count, broken_at=count + 1)
        return AuditVerdict(intact=True, entries=count, broken_at=None)

    def _hash(self, entry: AuditEntry, before: str) -> str:
        facts = msgspec.json.encode(
            [before, msgspec.structs.replace(entry, hash="")], order="sorted"
        )
        return hmac.new(self._key, facts, hashlib.sha256).hexdigest()


def _entry(row: sqlite3.Row) -> AuditEntry:
    values = dict(row)
    values["target"] = msgspec.json.decode(row["target"], type=dict[str, str])
    return AuditEntry(**values)
