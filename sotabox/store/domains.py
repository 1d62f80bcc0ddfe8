"""The `domains` table."""

import sqlite3
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from sotabox.events import Bus, DomainChanged
from sotabox.model.domain import WILDCARD, Domain, DomainStatus
from sotabox.model.ids import new_id
from sotabox.model.times import now
from sotabox.store.database import Database

_OWNER = "(SELECT user_id FROM projects WHERE projects.id = domains.project_id) AS user_id"
_INSERT = f"""
    INSERT INTO domains
        (id, project_id, domain, zone, redirect_to, next_check_at, created_at, updated_at)
    VALUES (:id, :project_id, :domain, :zone, :redirect_to, :now, :now, :now)
    ON CONFLICT (domain) DO NOTHING RETURNING *, {_OWNER}"""
_COUNT = "SELECT count(*) AS number FROM domains WHERE project_id = ?"
_COVERED = "SELECT 1 FROM domains WHERE domain = ? AND project_id <> ?"
_OF_PROJECT = f"SELECT *, {_OWNER} FROM domains WHERE project_id = ? ORDER BY id"
_ALL = f"SELECT *, {_OWNER} FROM domains ORDER BY domain"
_SERVED = f"""
    SELECT *, {_OWNER} FROM domains WHERE status IN ('verified', 'active') ORDER BY domain"""
_DUE = f"""
    SELECT *, {_OWNER} FROM domains WHERE next_check_at <= ? ORDER BY next_check_at LIMIT ?"""
_NEXT = "SELECT min(next_check_at) AS moment FROM domains"
_DELETE = "DELETE FROM domains WHERE id = ? AND project_id = ? RETURNING domain"
_UNLINK = """
    UPDATE domains SET redirect_to = NULL, updated_at = ?
    WHERE project_id = ? AND redirect_to = ?"""
_COLUMNS: Final = frozenset(
    {"status", "redirect_to", "last_checked_at", "next_check_at", "verified_at", "error_message"}
)


class Refusal(StrEnum):
    """Why a domain can't be added."""

    TAKEN = "taken"  # it leads to a project of this box already
    COVERED = "covered"  # a wildcard of another project stands for it
    LIMIT = "limit"  # the project has as many as it may


class Domains:
    """Names of their owners' that lead to projects."""

    def __init__(self, database: Database, bus: Bus) -> None:
        self._database = database
        self._bus = bus

    async def insert(
        self, project_id: str, domain: str, zone: str, redirect_to: str | None, limit: int
    ) -> Domain | Refusal:
        """The new domain, to be checked at once; or why there is none."""
        values = {"id": new_id(), "project_id": project_id, "domain": domain, "zone": zone,
                  "redirect_to": redirect_to, "now": now()}  # fmt: skip
        wildcard = WILDCARD + domain.partition(".")[2]
        async with self._database.transaction() as transaction:
            if await transaction.one(_COVERED, (wildcard, project_id)):
                return Refusal.COVERED
            if (await transaction.only(_COUNT, (project_id,)))["number"] >= limit:
                return Refusal.LIMIT
            row = await transaction.one(_INSERT, values)
        return self._told(_domain(row)) if row else Refusal.TAKEN

    async def of_project(self, project_id: str) -> list[Domain]:
        """A project's domains, oldest first."""
        return [_domain(row) for row in await self._database.all(_OF_PROJECT, (project_id,))]

    async def all(self) -> list[Domain]:
        """All of the box, by name."""
        return [_domain(row) for row in await self._database.all(_ALL)]

    async def served(self) -> list[Domain]:
        """All that lead here, by name."""
        return [_domain(row) for row in await self._database.all(_SERVED)]

    async def due(self, moment: str, limit: int) -> list[Domain]:
        """Those whose next check is at `moment` or was before; who waits longest first."""
        return [_domain(row) for row in await self._database.all(_DUE, (moment, limit))]

    async def next_check_at(self) -> str | None:
        """When the next check of any domain is due; None where there are none."""
        row = await self._database.one(_NEXT)
        moment: str | None = row["moment"] if row else None
        return moment

    async def record(self, id_: str, **changes: Any) -> Domain | None:
        """Changes columns of a domain; None where it has been removed meanwhile."""
        row = await self._update(id_, changes)
        return self._told(_domain(row)) if row else None

    async def delete(self, id_: str, project_id: str) -> bool:
        """Removes a project's domain, and what led to it as a redirect; False where it has none."""
        async with self._database.transaction() as transaction:
            row = await transaction.one(_DELETE, (id_, project_id))
            if row:
                await transaction.execute(_UNLINK, (now(), project_id, row["domain"]))
        if row:
            self._bus.publish(DomainChanged(project_id, id_))
        return row is not None

    async def _update(self, id_: str, changes: Mapping[str, Any]) -> sqlite3.Row | None:
        if unknown := changes.keys() - _COLUMNS:
            raise LookupError(unknown)
        columns = ", ".join(f"{name} = :{name}" for name in changes)
        sql = (
            f"UPDATE domains SET {columns}, updated_at = :now WHERE id = :id RETURNING *, {_OWNER}"
        )
        async with self._database.transaction() as transaction:
            return await transaction.one(sql, {**changes, "id": id_, "now": now()})

    def _told(self, domain: Domain) -> Domain:
        self._bus.publish(DomainChanged(domain.project_id, domain.id))
        return domain


def _domain(row: sqlite3.Row) -> Domain:
    return Domain(
        id=row["id"],
        project_id=row["project_id"],
        user_id=row["user_id"],
        domain=row["domain"],
        zone=row["zone"],
        status=DomainStatus(row["status"]),
        redirect_to=row["redirect_to"],
        last_checked_at=row["last_checked_at"],
        next_check_at=row["next_check_at"],
        verified_at=row["verified_at"],
        error_message=row["error_message"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )
