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
from typing import Final, Literal

from sotabox.errors import DuplicateHost, Invalid
from sotabox.router import handlers, tls
from sotabox.router.files import RouterFiles
from sotabox.router.handlers import Json
from sotabox.router.pages import Page, PageKind, page_route
from sotabox.router.serving import cleaned, error_routes, known_hosts, nobodys, serving_routes
from sotabox.router.terms import Route, RouterSettings
from sotabox.settings import TlsMode

Port = tuple[Literal["tcp", "udp"], int]

#: Where the control plane answers which certificates may be fetched; shut to all but Caddy itself.
ASK_PATH: Final = "/internal/ask"

_HOST: Final = re.compile(
    r"(?=.{1,253}\Z)[a-z0-9_]([a-z0-9_-]*[a-z0-9])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9])?)*"
)


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
    known = known_hosts(ordered, settings)
    first, last = cleaned(known, settings), nobodys()
    serving = [first, *serving_routes(ordered, settings), last]
    plain = [first, handlers.redirect(known, settings.https_port), last] if secure else serving
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
            _check_form(host.removeprefix("*.") if host in wildcards else host)
            if host in owners:
                raise DuplicateHost(
                    f"{host} is claimed by project {route.project_id} and by {owners[host]}",
                    hint="Remove the domain from one of them.",
                )
            owners[host] = f"project {route.project_id}"
        for domain in route.domains:
            if domain.redirect_to:
                _check_form(domain.redirect_to)


def _check_form(host: str) -> None:
    if not _HOST.fullmatch(host):
        raise Invalid(
            f"{host!r} is not a hostname in lower case",
            hint="Use letters, digits, '-' and '.'; international names in punycode.",
        )


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
        "routes": routes,
        "errors": {"routes": error_routes(settings, pages)},
    }


def _page_server(listen: str, page: Page) -> Json:
    return {
        "listen": [listen],
        "protocols": ["h1"],
        "automatic_https": {"disable": True},
        "routes": [{"handle": [handlers.hide_server()]}, page_route(page)],
    }


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
