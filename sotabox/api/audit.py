"""`/v1/audit`: who did what, from where; for admins."""

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromQuery

from sotabox.api.contract import contract, one_of, page_of
from sotabox.api.envelope import many, one
from sotabox.api.pagination import read_page
from sotabox.model.audit import AuditEntry, AuditVerdict
from sotabox.operations import audit
from sotabox.operations.actor import Actor
from sotabox.web.box import Box


class AuditEntryOut(msgspec.Struct, kw_only=True):
    """What somebody did, or tried to do: below 400, `status` says that it was done."""

    position: int
    at: str
    actor_id: str
    actor: str
    action: str
    target: dict[str, str]
    address: str
    status: int
    hash: str

    @classmethod
    def of(cls, entry: AuditEntry) -> "AuditEntryOut":
        return cls(**msgspec.structs.asdict(entry))


class AuditVerdictOut(msgspec.Struct, kw_only=True):
    """Whether the log is whole; `broken_at` is the first position that does not fit."""

    intact: bool
    entries: int
    broken_at: int | None

    @classmethod
    def of(cls, verdict: AuditVerdict) -> "AuditVerdictOut":
        return cls(**msgspec.structs.asdict(verdict))


@get("/audit", opt=contract(page_of(AuditEntryOut)))
async def list_audit_entries(
    box: NamedDependency[Box],
    actor: NamedDependency[Actor],
    limit: FromQuery[str | None] = None,
    cursor: FromQuery[str | None] = None,
) -> Response[bytes]:
    """The audit log, newest first."""
    page = read_page("audit", limit, cursor)
    found = await audit.page(box.store, actor, page.number(), page.probe)
    shown = found[: page.limit]
    next_cursor = page.cursor(len(found), str(shown[-1].position)) if shown else None
    return many([AuditEntryOut.of(entry) for entry in shown], next_cursor)


@get("/audit/verify", opt=contract(one_of(AuditVerdictOut)))
async def verify_audit(box: NamedDependency[Box], actor: NamedDependency[Actor]) -> Response[bytes]:
    """Reads the whole log and says whether something was changed, cut out or cut off."""
    return one(AuditVerdictOut.of(await audit.verify(box.store, actor)))


ROUTES = [list_audit_entries, verify_audit]
