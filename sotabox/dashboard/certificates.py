"""`/box/certificates`: each name that the box answers to, and how its certificate stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar, Final

from litestar import Response, get
from litestar.di import NamedDependency

from sotabox.dashboard.box_page import BOX
from sotabox.dashboard.templates import Crumb, Page
from sotabox.dashboard.visit import Me
from sotabox.model.times import format_time
from sotabox.operations import certificates
from sotabox.operations.certificates import CertificateState, Named

_CRUMB: Final = Crumb(name="Certificates", href="/box/certificates")
#: Shape and tone of each state.
_LOOKS: Final = {
    CertificateState.GOOD: ("●", "ok"),
    CertificateState.OVERDUE: ("▲", "warn"),
    CertificateState.EXPIRED: ("✕", "bad"),
    CertificateState.REFUSED: ("✕", "bad"),
    CertificateState.WAITING: ("○", "idle"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A name in the list. `ends_at` is empty where there is no certificate."""

    name: str
    slug: str
    custom: bool
    word: str
    shape: str
    tone: str
    issuer: str
    ends_at: str
    days_left: int
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificatesPage(Page):
    """All names; none on a box without TLS."""

    template: ClassVar[str] = "pages/certificates.html"

    title: str = "Certificates"
    rows: tuple[Row, ...]
    troubled: int
    waiting: int
    mode: str


@get("/box/certificates")
async def show_certificates(me: NamedDependency[Me]) -> Response[bytes]:
    """Each name with its certificate, those with trouble first."""
    kept = me.site.care.certificates
    found = await certificates.of_box(me.box.store, kept, me.actor)
    rows = rows_of(found, datetime.now(UTC))
    page = CertificatesPage(
        rows=rows,
        troubled=sum(row.tone in {"bad", "warn"} for row in rows),
        waiting=sum(row.tone == "idle" for row in rows),
        mode=kept.settings.tls_mode.value,
    )
    return me.show(page, crumbs=(BOX, _CRUMB))


def rows_of(found: Sequence[Named], now: datetime) -> tuple[Row, ...]:
    """The list at a moment (pure)."""
    return tuple(_row(named, now) for named in found)


def _row(named: Named, now: datetime) -> Row:
    shape, tone = _LOOKS[named.state]
    certificate = named.certificate
    return Row(
        name=named.name,
        slug=named.slug,
        custom=named.custom,
        word=named.state.value,
        shape=shape,
        tone=tone,
        issuer=certificate.issuer if certificate else "",
        ends_at=format_time(certificate.ends_at) if certificate else "",
        days_left=(certificate.ends_at - now).days if certificate else 0,
        problem=named.problem,
    )


ROUTES = [show_certificates]
