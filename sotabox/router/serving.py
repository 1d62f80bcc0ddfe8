"""What a request meets: the routes of a server, in the order in which Caddy tries them.

Names that the box serves come first, each with its own route. Nobody's name is left over, and is
refused by a matcher instead of answered by a handler: Caddy counts by the host that a client claims
whatever a handler was reached for, and over TLS takes any claim, so that one connection could fill its
memory with made-up names. (Caddy 2.11, `modules/caddyhttp/metrics.go`. Its own remedy,
`strict_sni_host`, answers 421 to browsers that rightly use one connection for several names of a
wildcard certificate, and not all of them try again.)
"""

from collections.abc import Mapping, Sequence
from typing import Final

from sotabox.router import balance, handlers
from sotabox.router.handlers import Json
from sotabox.router.pages import Page, PageKind, page_route
from sotabox.router.terms import Route, RouterSettings
from sotabox.settings import TlsMode

#: Caddy tries routes one after the other: above this count, groups keep the last host fast
#: (1,000 flat hosts: 4,000 requests a second on the last one; in groups of 32: 13,000).
GROUP_ABOVE: Final = 50
GROUP_SIZE: Final = 32

_NOBODYS_STATUS: Final = 404


def known_hosts(routes: Sequence[Route], settings: RouterSettings) -> list[str]:
    """All names that the box serves."""
    return [*settings.control_hosts, *(name for route in routes for name in route.names)]


def cleaned(hosts: Sequence[str], settings: RouterSettings) -> Json:
    """The first route of every request for one of `hosts`; by it Caddy counts them.

    Caddy compares its matchers' hosts with what the client sent, where an unusual port stands behind
    the host, and without TLS counts all others together: so they are named with their port as well.
    """
    off = settings.tls_mode is TlsMode.OFF and settings.http_port != 80
    ported = [f"{host}:{settings.http_port}" for host in hosts] if off else []
    return {"match": [{"host": [*hosts, *ported]}], "handle": [handlers.clean_headers()]}


def serving_routes(routes: Sequence[Route], settings: RouterSettings) -> list[Json]:
    """Where the control plane, the apps and the domains that lead elsewhere are reached."""
    control = {
        "match": [{"host": list(settings.control_hosts)}],
        "handle": [_proxy([settings.control_plane], settings)],
        "terminal": True,
    }
    apps = [_app(route, _exact_hosts(route), settings) for route in routes]
    if sum(len(app["match"][0]["host"]) for app in apps) > GROUP_ABOVE:
        apps = [_group(apps[at : at + GROUP_SIZE]) for at in range(0, len(apps), GROUP_SIZE)]
    redirects = [
        handlers.redirect_to([domain.name], settings.url(domain.redirect_to))
        for route in routes
        for domain in route.domains
        if domain.redirect_to
    ]
    # Last: a name of its own, maybe another project's, goes before the wildcard above it.
    wildcards = [
        _app(route, hosts, settings) for route in routes if (hosts := _wildcard_hosts(route))
    ]
    return [control, *apps, *redirects, *wildcards]


def nobodys() -> Json:
    """The last route: it matches nothing, and ends whatever came so far with an error."""
    return {"match": [{"file": {"try_files": [f"={_NOBODYS_STATUS}"]}}]}


def error_routes(settings: RouterSettings, pages: Mapping[PageKind, Page]) -> list[Json]:
    """Nobody's names, and Caddy's own failures: an app's 502 is the app's, and passes."""
    away = {"expression": "{http.error.status_code} >= 502"}
    box = page_route(pages[PageKind.BOX_DOWN])
    box["match"] = [{"host": list(settings.control_hosts), **away}]
    app = page_route(pages[PageKind.APP_DOWN])
    app["match"] = [away]
    unknown = page_route(pages[PageKind.UNKNOWN_HOST])
    unknown["match"] = [{"expression": f"{{http.error.status_code}} == {_NOBODYS_STATUS}"}]
    return [
        {"handle": [handlers.hide_server()]},
        box,
        app,
        unknown,
        page_route(pages[PageKind.FAULT]),
    ]


def _exact_hosts(route: Route) -> list[str]:
    domains = (d.name for d in route.domains if not (d.is_wildcard or d.redirect_to))
    return [*route.hosts, *domains]


def _wildcard_hosts(route: Route) -> list[str]:
    return [domain.name for domain in route.domains if domain.is_wildcard]


def _app(route: Route, hosts: list[str], settings: RouterSettings) -> Json:
    return {
        "match": [{"host": hosts}],
        "handle": [*_slots(route), _proxy(_dials(route), settings)],
        "terminal": True,
    }


def _slots(route: Route) -> list[Json]:
    if route.slots == 1:
        return []
    return [balance.slots(route.project_id, route.upstream_file, route.slots)]


def _dials(route: Route) -> list[str]:
    if route.slots == 1:
        return [f"{{file.{route.upstream_file}}}"]
    return balance.slot_names(route.project_id, route.slots)


def _group(apps: list[Json]) -> Json:
    hosts = [host for app in apps for host in app["match"][0]["host"]]
    return {
        "match": [{"host": hosts}],
        "handle": [{"handler": "subroute", "routes": apps}],
        "terminal": True,
    }


def _proxy(dials: list[str], settings: RouterSettings) -> Json:
    return handlers.proxy(
        dials,
        idle_s=settings.upstream_idle_s,
        retry_s=settings.retry_s,
        stream_close_s=settings.stream_close_s,
    )
