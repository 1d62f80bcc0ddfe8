"""Routes → the whole Caddy document. Decides everything, touches nothing.

Only hosts, TLS and settings are in it. Where an app's requests go is not: each route dials the
*content of a file*, read in every request (`{file./…}`), so that a deploy never reloads Caddy. A
reload replaces Caddy's listeners' servers, and clients that just reused an idle connection see it
closed; a file replaced by rename loses nothing (measured: docs of `router.upstream`).

A project without a running app has one of two sockets as its upstream, behind which servers of
this same document say why (`waiting`, `paused`).
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any, Final, Literal

from sotabox.errors import DuplicateHost, Invalid
from sotabox.router import balance, handlers, tls
from sotabox.router.files import RouterFiles
from sotabox.router.pages import Page, PageKind, page_route
from sotabox.settings import Settings, TlsMode

Json = dict[str, Any]
Port = tuple[Literal["tcp", "udp"], int]

#: Caddy tries routes one after the other: above this count, groups keep the last host fast
#: (1,000 flat hosts: 4,000 requests a second on the last one; in groups of 32: 13,000).
GROUP_ABOVE: Final = 50
GROUP_SIZE: Final = 32

#: Where the control plane answers which certificates may be fetched; shut to all but Caddy itself.
ASK_PATH: Final = "/internal/ask"

_HOST: Final = re.compile(
    r"(?=.{1,253}\Z)[a-z0-9_]([a-z0-9_-]*[a-z0-9])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9])?)*"
)


@dataclass(frozen=True, slots=True)
class CustomHost:
    """A name that is not the box's; `*.` before it stands for one label.

    `redirect_to` is another host, where its visitors are sent. `certified`: its certificate is
    there, so that Caddy may keep and renew it by itself instead of asking at a handshake.
    """

    name: str
    redirect_to: str | None = None
    certified: bool = False

    @property
    def is_wildcard(self) -> bool:
        return self.name.startswith("*.")

    @property
    def on_demand(self) -> bool:
        """Whether Caddy asks before it has a certificate made."""
        return self.is_wildcard or not self.certified


@dataclass(frozen=True, slots=True)
class Route:
    """The hostnames (lower case, punycode) of a project, and the file that names its upstream.

    `hosts` are below the box's own domain, `domains` anybody's. With one of `slots`, the file
    holds one address; with more, any number (see `router.balance`).
    """

    hosts: tuple[str, ...]
    project_id: str
    upstream_file: str
    domains: tuple[CustomHost, ...] = ()
    slots: int = 1

    @property
    def names(self) -> tuple[str, ...]:
        """All of its hosts."""
        return (*self.hosts, *(domain.name for domain in self.domains))


@dataclass(frozen=True, slots=True)
class TlsPolicy:
    """Where certificates come from; `ca` and `ca_roots` name another ACME authority."""

    mode: TlsMode = TlsMode.AUTO
    email: str = ""
    ca: str = ""
    ca_roots: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RouterSettings:
    """What the document needs to know besides its routes.

    Times in seconds. `bind` is the address to listen on; empty means all. `retry_s` is how long a
    request waits for an app that accepts no connection (a restart, a swap). `stream_close_s`
    is how long WebSockets outlive a reload, which another project's new domain may cause.
    """

    files: RouterFiles
    domain: str = "localhost"
    http_port: int = 80
    https_port: int = 443
    tls: TlsPolicy = field(default_factory=TlsPolicy)
    control_plane: str = "127.0.0.1:7680"
    bind: str = ""
    http3: bool = True
    retry_s: int = 5
    grace_s: int = 10
    stream_close_s: int = 3600
    upstream_idle_s: int = 1
    header_timeout_s: int = 10
    client_idle_s: int = 120
    header_max_bytes: int = 65_536

    @classmethod
    def of(cls, settings: Settings) -> "RouterSettings":
        """Those of a box; its data directory is absolute."""
        roots = (str(settings.acme_ca_root),) if settings.acme_ca_root.name else ()
        return cls(
            files=RouterFiles(settings.data_dir),
            domain=settings.domain,
            http_port=settings.http_port,
            https_port=settings.https_port,
            tls=TlsPolicy(settings.tls, settings.acme_email, settings.acme_ca, roots),
            control_plane=settings.listen,
        )

    @property
    def tls_mode(self) -> TlsMode:
        """The mode that is possible for this domain.

        `auto` means off where no public authority can vouch: for `localhost`, names below it, and
        bare addresses. A certificate of our own would only bring warnings there, while browsers
        treat `http://*.localhost` as a secure context anyway. Say `internal` to have one.
        """
        if self.tls.mode is TlsMode.AUTO and _is_private(self.domain):
            return TlsMode.OFF
        return self.tls.mode

    @property
    def ports(self) -> tuple[int, ...]:
        """The TCP ports that visitors come to."""
        if self.tls_mode is TlsMode.OFF:
            return (self.http_port,)
        return (self.http_port, self.https_port)

    @property
    def control_hosts(self) -> tuple[str, str]:
        return (self.domain, f"api.{self.domain}")

    def url(self, host: str) -> str:
        """`host` as a person would type it, with its scheme, and its port when it is unusual."""
        if self.tls_mode is TlsMode.OFF:
            return f"http://{host}" + (f":{self.http_port}" if self.http_port != 80 else "")
        return f"https://{host}" + (f":{self.https_port}" if self.https_port != 443 else "")


def render_config(
    routes: Iterable[Route], settings: RouterSettings, pages: Mapping[PageKind, Page]
) -> Json:
    """The whole Caddy document for `routes`; same input, same bytes, in whatever order.

    Raises:
        DuplicateHost: two routes, or a route and the box itself, claim one name.
        Invalid: a host is not a lower-case hostname.

    Source: Caddy's JSON reference (`apps.http`, `apps.tls`), version 2.11.
    """
    ordered = sorted(routes, key=lambda route: (route.hosts, route.project_id))
    check_hosts(ordered, settings)
    secure = settings.tls_mode is not TlsMode.OFF
    domains = [domain for route in ordered for domain in route.domains]
    known = [*settings.control_hosts, *(name for route in ordered for name in route.names)]
    serving = _serving_routes(ordered, settings, pages)
    plain = [handlers.redirect(known, settings.https_port), _unknown(pages)] if secure else serving
    servers = {
        "http": _server(settings, settings.http_port, ["h1"], plain, pages),
        "waiting": _page_server(f"unix/{settings.files.waiting_socket}", pages[PageKind.WAITING]),
        "paused": _page_server(f"unix/{settings.files.paused_socket}", pages[PageKind.PAUSED]),
    }
    if secure:
        protocols = ["h1", "h2", "h3"] if settings.http3 else ["h1", "h2"]
        servers["https"] = _server(settings, settings.https_port, protocols, serving, pages)
        # Certificates for the hosts of its routes; the redirects are ours.
        servers["https"]["automatic_https"] = {"disable_redirects": True}
        servers["https"]["tls_connection_policies"] = tls.connection_policies(
            settings.domain, [domain.name for domain in domains]
        )
        # Figures are kept by host: what a client says there is a name that it shook hands for, or
        # anybody could fill Caddy's memory with names. An address is asked for without a name.
        servers["https"]["strict_sni_host"] = not tls.is_address(settings.domain)
    document = render_idle(settings.files)
    document["apps"] = {
        "http": {
            "http_port": settings.http_port,
            "https_port": settings.https_port,
            "grace_period": f"{settings.grace_s}s",
            "metrics": {"per_host": True},
            "servers": servers,
        }
    }
    if secure:
        document["apps"]["tls"] = tls.automation(
            _issuer(settings),
            on_demand=any(domain.on_demand for domain in domains),
            managed=[
                *settings.control_hosts[:1],
                f"*.{settings.domain}",
                *(domain.name for domain in domains if not domain.on_demand),
            ],
            ask_url=f"http://{settings.control_plane}{ASK_PATH}",
        )
        document["apps"]["pki"] = {"certificate_authorities": {"local": {"install_trust": False}}}
    return document


def render_idle(files: RouterFiles) -> Json:
    """A document that serves nothing: for a Caddy that is up before sotabox ever was."""
    return {
        "admin": handlers.admin_endpoint(files),
        "storage": handlers.storage(files),
        "logging": handlers.log(files),
    }


def listen_ports(document: Json) -> set[Port]:
    """The ports that a document of ours makes Caddy listen on."""
    servers = document.get("apps", {}).get("http", {}).get("servers", {})
    ports = set[Port]()
    for server in servers.values():
        for address in server["listen"]:
            if address.startswith("unix/"):
                continue
            number = int(address.rpartition(":")[2])
            ports.add(("tcp", number))
            if "h3" in server["protocols"]:
                ports.add(("udp", number))
    return ports


def encode_config(document: Json) -> bytes:
    """The document as it lies on disk: the same bytes for the same content.

    Compact, as Python's encoder for it is in C: 1,000 hosts take 8 ms instead of 44
    indented, and the event loop waits for it.
    """
    text = json.dumps(document, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
    return text.encode() + b"\n"


def check_hosts(routes: Sequence[Route], settings: RouterSettings) -> None:
    """Refuse names that Caddy would read as a pattern, and names claimed twice."""
    owners = dict.fromkeys(settings.control_hosts, "the box itself")
    for route in routes:
        wildcards = {domain.name for domain in route.domains if domain.is_wildcard}
        for host in route.names:
            if not _HOST.fullmatch(host.removeprefix("*.") if host in wildcards else host):
                raise Invalid(
                    f"{host!r} is not a hostname in lower case",
                    hint="Use letters, digits, '-' and '.'; international names in punycode.",
                )
            if host in owners:
                raise DuplicateHost(
                    f"{host} is claimed by project {route.project_id} and by {owners[host]}",
                    hint="Remove the domain from one of them.",
                )
            owners[host] = f"project {route.project_id}"


def _is_private(domain: str) -> bool:
    if domain == "localhost" or domain.endswith(".localhost"):
        return True
    try:
        ip_address(domain.strip("[]"))
    except ValueError:
        return False
    return True


def _server(
    settings: RouterSettings,
    port: int,
    protocols: list[str],
    routes: list[Json],
    pages: Mapping[PageKind, Page],
) -> Json:
    return {
        "listen": [f"{settings.bind}:{port}"],
        "protocols": protocols,
        "read_header_timeout": f"{settings.header_timeout_s}s",
        "idle_timeout": f"{settings.client_idle_s}s",
        "max_header_bytes": settings.header_max_bytes,
        "automatic_https": {"disable": True},
        "routes": [{"handle": [handlers.clean_headers()]}, *routes],
        "errors": {"routes": _error_routes(settings, pages)},
    }


def _page_server(listen: str, page: Page) -> Json:
    return {
        "listen": [listen],
        "protocols": ["h1"],
        "automatic_https": {"disable": True},
        "routes": [{"handle": [handlers.hide_server()]}, page_route(page)],
    }


def _serving_routes(
    routes: Sequence[Route], settings: RouterSettings, pages: Mapping[PageKind, Page]
) -> list[Json]:
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
    counted = _counted([host for app in apps for host in app["match"][0]["host"]], settings)
    return [control, *apps, *redirects, *wildcards, *counted, _unknown(pages)]


def _counted(hosts: Sequence[str], settings: RouterSettings) -> list[Json]:
    """A route that no request takes: Caddy keeps figures of the hosts that it finds in matchers.

    It compares them with what the client sent, where an unusual port stands behind the host; without
    TLS all others are counted together. (2.11, `modules/caddyhttp/metrics.go`.)
    """
    if settings.tls_mode is not TlsMode.OFF or settings.http_port == 80 or not hosts:
        return []
    return [{"match": [{"host": [f"{host}:{settings.http_port}" for host in hosts]}]}]


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


def _unknown(pages: Mapping[PageKind, Page]) -> Json:
    return page_route(pages[PageKind.UNKNOWN_HOST])


def _error_routes(settings: RouterSettings, pages: Mapping[PageKind, Page]) -> list[Json]:
    """Caddy's own failures only: an app's 502 is the app's, and passes."""
    away = {"expression": "{http.error.status_code} >= 502"}
    box = page_route(pages[PageKind.BOX_DOWN])
    box["match"] = [{"host": list(settings.control_hosts), **away}]
    app = page_route(pages[PageKind.APP_DOWN])
    app["match"] = [away]
    return [box, app, page_route(pages[PageKind.FAULT])]


def _issuer(settings: RouterSettings) -> Json:
    if settings.tls_mode is TlsMode.INTERNAL:
        return {"module": "internal"}
    issuer: Json = {"module": "acme"}
    if settings.tls.email:
        issuer["email"] = settings.tls.email
    if settings.tls.ca:
        issuer["ca"] = settings.tls.ca
    if settings.tls.ca_roots:
        issuer["trusted_roots_pem_files"] = list(settings.tls.ca_roots)
    return issuer


def _proxy(dials: list[str], settings: RouterSettings) -> Json:
    return handlers.proxy(
        dials,
        idle_s=settings.upstream_idle_s,
        retry_s=settings.retry_s,
        stream_close_s=settings.stream_close_s,
    )
