"""`/box/audit`: who did what, from where, and whether all of it is still there."""

from dataclasses import dataclass
from typing import ClassVar, Final
from urllib.parse import urlencode

from litestar import Response, get
from litestar.di import NamedDependency

from sotabox.dashboard.box_page import BOX
from sotabox.dashboard.templates import Crumb, Page
from sotabox.dashboard.visit import Me
from sotabox.model.audit import AuditEntry, AuditVerdict
from sotabox.operations import audit
from sotabox.web.numbers import read_number

_CRUMB: Final = Crumb(name="Audit log", href="/box/audit")
_SHOWN: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An entry in words."""

    position: int
    at: str
    actor: str
    what: str
    target: str
    address: str
    status: int
    done: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditPage(Page):
    """A page of the log. `verdict` is there where the chain was asked for."""

    template: ClassVar[str] = "pages/audit.html"

    title: str = "Audit log"
    rows: tuple[Row, ...]
    actions: tuple[tuple[str, str], ...]
    who: str
    what: str
    older: str  # where the page before is; empty for none
    first: str  # where the newest are; empty on that page
    verdict: AuditVerdict | None


@get("/box/audit")
async def show_audit(me: NamedDependency[Me]) -> Response[bytes]:
    """The log, newest first: of `who`, of what action (`what`), below the position `before`."""
    store, query = me.box.store, me.request.query_params
    who, what = query.get("who", "")[:254], query.get("what", "")[:100]
    position = read_number(query.get("before"))
    found = await audit.page(store, me.actor, position, _SHOWN + 1, who=who, what=what)
    rows = tuple(_row(entry) for entry in found[:_SHOWN])
    kept = {name: value for name, value in (("who", who), ("what", what)) if value}
    here = "/box/audit"
    page = AuditPage(
        rows=rows,
        actions=tuple((name, in_words(name)) for name in await audit.actions(store, me.actor)),
        who=who,
        what=what,
        older=f"{here}?{urlencode(kept | {'before': rows[-1].position})}"
        if len(found) > _SHOWN
        else "",
        first=here + (f"?{urlencode(kept)}" if kept else "") if position else "",
        verdict=await audit.verify(store, me.actor) if query.get("check") else None,
    )
    return me.show(page, crumbs=(BOX, _CRUMB))


def in_words(action: str) -> str:
    """An action as one reads it.

    >>> in_words("revoke_api_key")
    'revoke api key'
    """
    return action.replace("_", " ")


def _row(entry: AuditEntry) -> Row:
    return Row(
        position=entry.position,
        at=entry.at,
        actor=entry.actor,
        what=in_words(entry.action),
        target=", ".join(entry.target.values()),
        address=entry.address,
        status=entry.status,
        done=entry.status < 400,
    )


ROUTES = [show_audit]
