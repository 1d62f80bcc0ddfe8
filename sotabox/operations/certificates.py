"""The certificates of a box's names, for whoever runs it."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from sotabox.model.domain import DomainStatus
from sotabox.operations.actor import Actor
from sotabox.router.kept_certificates import Certificate, KeptCertificates
from sotabox.settings import TlsMode
from sotabox.store.store import Store

#: Caddy renews at a third of a certificate's time; with less than this share left that has failed.
_OVERDUE_SHARE: Final = 0.2


class CertificateState(StrEnum):
    """How a name stands."""

    GOOD = "good"
    OVERDUE = "overdue"  # should have been renewed by now
    EXPIRED = "expired"
    REFUSED = "refused"  # there is none, and the authority has said why
    WAITING = "waiting"  # there is none yet: its DNS does not lead here, or nobody has asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A name that this box answers to. `problem`: what failed last; `slug`: whose it is."""

    name: str
    slug: str
    custom: bool
    state: CertificateState
    certificate: Certificate | None
    problem: str


async def of_box(store: Store, kept: KeptCertificates, actor: Actor) -> list[Named]:
    """Each name of the box with its certificate, those with trouble first; none without TLS.

    Raises:
        Forbidden: the box itself is the admin's matter.
    """
    actor.require_admin()
    router = kept.settings
    if router.tls_mode is TlsMode.OFF:
        return []
    slugs = {project.id: project.slug for project in await store.projects.all()}
    own = dict.fromkeys(router.control_hosts, "")
    own |= {f"{slug}.{router.domain}": slug for slug in slugs.values()}
    domains = {domain.domain: domain for domain in await store.domains.all()}
    wanted = [
        *own,
        *(name for name, domain in domains.items() if domain.status is not DomainStatus.PENDING),
    ]
    on_disk, refused = await asyncio.to_thread(_read, kept, wanted)
    now = datetime.now(UTC)
    rows = [_named(name, slug, "", on_disk, refused, now) for name, slug in own.items()]
    for domain in domains.values():
        slug, said = slugs.get(domain.project_id, ""), domain.error_message or ""
        rows.append(_named(domain.domain, slug, said, on_disk, refused, now, custom=True))
    return sorted(rows, key=_urgency)


def _read(
    kept: KeptCertificates, wanted: Sequence[str]
) -> tuple[dict[str, Certificate], dict[str, str]]:
    on_disk = kept.by_name()
    without = [name for name in wanted if name not in on_disk]
    return on_disk, kept.refusals(without)


def state_of(certificate: Certificate | None, now: datetime, *, refused: bool) -> CertificateState:
    """How a name stands at a moment (pure)."""
    if certificate is None:
        return CertificateState.REFUSED if refused else CertificateState.WAITING
    if certificate.ends_at <= now:
        return CertificateState.EXPIRED
    whole = certificate.ends_at - certificate.kept_at
    if certificate.ends_at - now < _OVERDUE_SHARE * whole:
        return CertificateState.OVERDUE
    return CertificateState.GOOD


def _named(
    name: str,
    slug: str,
    said: str,
    on_disk: Mapping[str, Certificate],
    refused: Mapping[str, str],
    now: datetime,
    *,
    custom: bool = False,
) -> Named:
    certificate = on_disk.get(name)
    problem = refused.get(name) or said
    return Named(
        name=name,
        slug=slug,
        custom=custom,
        state=state_of(certificate, now, refused=name in refused),
        certificate=certificate,
        problem=problem,
    )


def _urgency(row: Named) -> tuple[int, bool, str]:
    order = (
        CertificateState.EXPIRED,
        CertificateState.REFUSED,
        CertificateState.OVERDUE,
        CertificateState.WAITING,
        CertificateState.GOOD,
    )
    return order.index(row.state), bool(row.slug), row.name
