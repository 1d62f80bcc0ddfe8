"""`/projects/{project}/domains`: names of one's own, the records they need, and how far each is."""

from dataclasses import dataclass
from typing import ClassVar

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from sotabox.dashboard.project import Head, crumbs_of, head_of, live_of
from sotabox.dashboard.templates import Page
from sotabox.dashboard.trouble import NO_TROUBLE, Trouble
from sotabox.dashboard.visit import Me
from sotabox.domains.records import Record
from sotabox.errors import SotaboxError
from sotabox.model.domain import Domain, DomainStatus
from sotabox.operations import domains


@dataclass(frozen=True, slots=True, kw_only=True)
class Light:
    """One of the things that a domain needs, and whether it is there."""

    name: str
    tone: str
    shape: str
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A domain in the list; `targets` are hosts that it could lead its visitors on to."""

    domain: Domain
    lights: tuple[Light, ...]
    records: tuple[Record, ...]
    note: str
    url: str
    targets: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainsPage(Page):
    """A project's domains."""

    template: ClassVar[str] = "pages/domains.html"

    head: Head
    tab: str = "domains"
    entries: tuple[Entry, ...]
    at_most: int
    domain: str = ""
    trouble: Trouble = NO_TROUBLE


@get("/projects/{project:str}/domains")
async def show_domains(project: FromPath[str], me: NamedDependency[Me]) -> Response[bytes]:
    """The domains, each with what is missing."""
    return await _page(me, project)


@post("/projects/{project:str}/domains")
async def add(project: FromPath[str], me: NamedDependency[Me]) -> Response[bytes]:
    """Adds a domain, and shows the records to set."""
    name = (await me.form())["domain"]
    try:
        await domains.add(me.box.store, me.box.domains, me.box.settings, me.actor, project, name)
    except SotaboxError as error:
        return await _page(me, project, domain=name[:260], error=error)
    return me.go(f"/projects/{project}/domains")


@post("/projects/{project:str}/domains/{domain:str}/redirect")
async def redirect(
    project: FromPath[str], domain: FromPath[str], me: NamedDependency[Me]
) -> Response[bytes]:
    """Sends a domain's visitors on to another host, or serves them itself again."""
    target = (await me.form())["to"] or None
    try:
        await domains.redirect(
            me.box.store, me.box.domains, me.box.settings, me.actor, project, domain, target
        )
    except SotaboxError as error:
        return await _page(me, project, error=error)
    return me.go(f"/projects/{project}/domains")


@post("/projects/{project:str}/domains/{domain:str}/check")
async def check(
    project: FromPath[str], domain: FromPath[str], me: NamedDependency[Me]
) -> Response[bytes]:
    """Looks at DNS now; the page hears of what is found."""
    await me.form()
    await domains.check_now(me.box.store, me.box.domains, me.actor, project, domain)
    return me.go(f"/projects/{project}/domains", notice="looking")


@post("/projects/{project:str}/domains/{domain:str}/remove")
async def remove(
    project: FromPath[str], domain: FromPath[str], me: NamedDependency[Me]
) -> Response[bytes]:
    """Takes a domain away, at once."""
    await me.form()
    await domains.remove(me.box.store, me.box.domains, me.actor, project, domain)
    return me.go(f"/projects/{project}/domains", notice="domain-removed")


def lights_of(domain: Domain, *, secure: bool) -> tuple[Light, ...]:
    """How far a domain has come, thing by thing."""
    led = domain.status is not DomainStatus.PENDING
    active = domain.status is DomainStatus.ACTIVE
    lights = [_light("DNS", done=led, says="leads here" if led else "does not lead here yet")]
    if secure:
        lights.append(_light("certificate", done=active, says="is there" if active else "not yet"))
    lights.append(_light("answers", done=active, says="yes" if active else "not yet"))
    return tuple(lights)


def _light(name: str, *, done: bool, says: str) -> Light:
    tone, shape = ("ok", "●") if done else ("idle", "○")
    return Light(name=name, tone=tone, shape=shape, says=says)


async def _page(
    me: Me, ref: str, *, domain: str = "", error: SotaboxError | None = None
) -> Response[bytes]:
    head = await head_of(me, ref)
    found = await domains.of(me.box.store, me.actor, ref)
    page = DomainsPage(
        title=f"Domains of {head.project.name}",
        head=head,
        entries=tuple([await _entry(me, head, one, found) for one in found]),
        at_most=me.box.settings.domains_max,
        domain=domain,
        trouble=Trouble.of(error) if error else NO_TROUBLE,
    )
    status = error.status if error else 200
    return me.show(page, status=status, crumbs=crumbs_of(head), live=live_of(head))


async def _entry(me: Me, head: Head, domain: Domain, found: list[Domain]) -> Entry:
    told = await me.box.domains.instructions(domain, head.project)
    others = [d.domain for d in found if d.id != domain.id and not d.is_wildcard]
    return Entry(
        domain=domain,
        lights=lights_of(domain, secure=me.site.secure),
        records=tuple(told.records),
        note=told.note or "",
        url=me.box.url_of(domain.domain),
        targets=(f"{head.project.slug}.{me.site.domain}", *others),
    )


ROUTES = [show_domains, add, redirect, check, remove]
