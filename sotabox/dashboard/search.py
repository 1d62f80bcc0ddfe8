"""`/search`: to a project, a domain or a page by a few letters; also what the dialog shows."""

from dataclasses import dataclass
from typing import ClassVar, Final

from litestar import Response, get
from litestar.di import NamedDependency

from sotabox.dashboard.templates import Crumb, Page
from sotabox.dashboard.visit import Me
from sotabox.operations import search
from sotabox.operations.search import Found, rank_of

_QUERY_MAX: Final = 100
#: Pages by name, the words by which they are meant as well, and whether only admins have them.
PAGES: Final = (
    ("Projects", "/", "home apps", False),
    ("New project", "/new", "create add", False),
    ("Account", "/account", "api keys tokens second factor sessions password", False),
    ("API reference", "/docs", "openapi rest docs", False),
    ("Box", "/box", "server machine disk memory cpu docker caddy free space", True),
    ("People", "/box/people", "users invite roles members", True),
    ("Certificates", "/box/certificates", "tls https domains", True),
    ("Backups", "/box/backups", "restore", True),
    ("Audit log", "/box/audit", "history who", True),
    ("Updates", "/box/updates", "upgrade version", True),
)
_TABS: Final = (
    ("Deployments", "deployments"),
    ("Logs", "logs"),
    ("Environment", "environment"),
    ("Domains", "domains"),
    ("Metrics", "metrics"),
    ("Settings", "settings"),
)


@dataclass(frozen=True, slots=True)
class Hit:
    """Somewhere to go."""

    name: str
    about: str
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPage(Page):
    """What fits."""

    template: ClassVar[str] = "pages/search.html"

    title: str = "Search"
    query: str
    hits: tuple[Hit, ...]


@get("/search")
async def show_search(me: NamedDependency[Me]) -> Response[bytes]:
    """What fits `q`. A project's name and the beginning of a tab's leads to that: `shop logs`."""
    query = me.request.query_params.get("q", "").strip()[:_QUERY_MAX]
    hits = hits_of(await search.find(me.box.store, me.actor, query), query, admin=me.actor.sees_all)
    name, _, tab = query.rpartition(" ")
    if not hits and name:
        hits = _tabs_of(await search.find(me.box.store, me.actor, name), tab.casefold())
    page = SearchPage(query=query, hits=hits)
    return me.show(page, crumbs=(Crumb(name="Search", href="/search"),))


def hits_of(found: Found, query: str, *, admin: bool) -> tuple[Hit, ...]:
    """Projects first, then domains, then pages (pure)."""
    needle = query.casefold()
    projects = [Hit(p.name, p.slug, f"/projects/{p.slug}") for p in found.projects]
    domains = [Hit(d.domain, p.name, f"/projects/{p.slug}/domains") for d, p in found.domains]
    pages = [
        (rank, Hit(name, "page", href))
        for name, href, words, for_admins in PAGES
        if (admin or not for_admins)
        and (rank := rank_of(needle, name.casefold(), words)) is not None
    ]
    return (*projects, *domains, *(hit for _, hit in sorted(pages, key=lambda page: page[0])))


def _tabs_of(found: Found, tab: str) -> tuple[Hit, ...]:
    return tuple(
        Hit(f"{project.name}: {name}", project.slug, f"/projects/{project.slug}/{path}")
        for project in found.projects
        for name, path in _TABS
        if path.startswith(tab)
    )


ROUTES = [show_search]
