import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sotabox.errors import DuplicateHost, Invalid
from sotabox.router.config import encode_config, listen_ports, render_config, render_idle
from sotabox.router.files import RouterFiles
from sotabox.router.pages import Page, PageKind
from sotabox.router.serving import GROUP_SIZE
from sotabox.router.terms import CustomHost, Route, RouterSettings, TlsPolicy
from sotabox.settings import TlsMode

Pages = dict[PageKind, Page]
GOLDEN = Path(__file__).parents[2] / "golden" / "router"


def route(host: str, *more: str) -> Route:
    project = host.partition(".")[0]
    return Route((host, *more), project, f"/srv/box/router/upstreams/{project}.upstream")


def app_routes(document: dict[str, Any], server: str = "http") -> list[dict[str, Any]]:
    """The routes behind the two that every server has, and before the last one."""
    routes: list[dict[str, Any]] = document["apps"]["http"]["servers"][server]["routes"]
    return routes[2:-1]


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.json")), ids=lambda path: path.stem)
def test_render_config_golden_case_gives_the_expected_document(
    path: Path, pages: Pages, tmp_path: Path
) -> None:
    """What Caddy is told is exactly what a person has reviewed."""
    case = json.loads(path.read_text())
    tls = TlsPolicy(TlsMode(case["tls"].pop("mode")), **case["tls"])
    settings = RouterSettings(files=RouterFiles(Path("/srv/box")), tls=tls, **case["settings"])
    routes = [
        Route(
            tuple(r["hosts"]),
            r["project_id"],
            r["upstream_file"],
            tuple(CustomHost(**domain) for domain in r.get("domains", ())),
            r.get("slots", 1),
        )
        for r in case["routes"]
    ]
    document = render_config(routes, settings, pages)
    fresh = tmp_path / path.name
    fresh.write_bytes(encode_config(document))
    assert document == case["expected"], f"today's document: {fresh}"


def test_render_config_other_order_gives_the_same_bytes(
    settings: RouterSettings, pages: Pages
) -> None:
    """A restart finds the document unchanged, whatever order the rows come in."""
    routes = [route("b.localhost"), route("a.localhost"), route("c.localhost")]
    forwards = encode_config(render_config(routes, settings, pages))
    assert encode_config(render_config(reversed(routes), settings, pages)) == forwards


@pytest.mark.parametrize("taken", ["a.localhost", "localhost", "api.localhost"])
def test_render_config_host_claimed_twice_is_refused(
    taken: str, settings: RouterSettings, pages: Pages
) -> None:
    """Nobody's app can be served at another's name, or at the box's own."""
    routes = [route("a.localhost"), route("b.localhost", taken)]
    with pytest.raises(DuplicateHost, match=taken):
        render_config(routes, settings, pages)


@pytest.mark.parametrize(
    "host",
    ["*.localhost", "A.localhost", "{file./etc/passwd}", "a b", "", "-a.x", "a..x", "x" * 254],
)
def test_render_config_host_that_is_a_pattern_is_refused(
    host: str, settings: RouterSettings, pages: Pages
) -> None:
    """A domain can't smuggle a wildcard or a placeholder into Caddy."""
    with pytest.raises(Invalid, match="hostname"):
        render_config([Route((host,), "p", "/u")], settings, pages)


@pytest.mark.parametrize("name", ["*.a.*", "*", "*.", "{host}.example.org", "A.example.org"])
def test_render_config_domain_that_is_another_pattern_is_refused(
    name: str, settings: RouterSettings, pages: Pages
) -> None:
    """A wildcard stands for one label of its own, and for nothing else."""
    routes = [Route(("a.localhost",), "a", "/u", (CustomHost(name),))]
    with pytest.raises(Invalid, match="hostname"):
        render_config(routes, settings, pages)


@pytest.mark.parametrize("target", ["{env.HOME}.example.org", "*.example.org", "a.org/{path}"])
def test_render_config_redirect_to_a_pattern_is_refused(
    target: str, settings: RouterSettings, pages: Pages
) -> None:
    """A redirect can't hand out what Caddy knows."""
    routes = [Route(("a.localhost",), "a", "/u", (CustomHost("a.example.org", target),))]
    with pytest.raises(Invalid, match="hostname"):
        render_config(routes, settings, pages)


def test_render_config_domain_claimed_twice_is_refused(
    settings: RouterSettings, pages: Pages
) -> None:
    """A domain is one project's."""
    routes = [
        Route((f"{name}.localhost",), name, "/u", (CustomHost("shop.example.org"),))
        for name in "ab"
    ]
    with pytest.raises(DuplicateHost, match=r"shop\.example\.org"):
        render_config(routes, settings, pages)


def test_render_config_wildcard_comes_after_every_name(
    settings: RouterSettings, pages: Pages
) -> None:
    """Another project's own name goes before the wildcard above it, in whatever group it is."""
    names = [Route((f"a{n}.localhost",), f"a{n}", "/u") for n in range(60)]
    wild = Route(("0.localhost",), "0", "/w", (CustomHost("*.example.org"),))
    exact = Route(("z.localhost",), "z", "/z", (CustomHost("z.example.org"),))
    routes = app_routes(render_config([wild, exact, *names], settings, pages))
    hosts = [host for entry in routes for host in entry["match"][0]["host"]]
    assert hosts[-1] == "*.example.org"
    assert "z.example.org" in hosts[:-1]
    assert hosts.count("*.example.org") == 1


def test_render_config_without_tls_asks_for_no_certificate(
    settings: RouterSettings, pages: Pages
) -> None:
    """A box that serves plain HTTP never speaks to an authority."""
    off = replace(settings, domain="example.com", tls=TlsPolicy(TlsMode.OFF))
    routes = [Route(("a.example.com",), "a", "/u", (CustomHost("example.org"),))]
    assert "tls" not in render_config(routes, off, pages)["apps"]


def test_render_config_certified_domains_need_no_answer_of_ours(
    settings: RouterSettings, pages: Pages
) -> None:
    """With sotabox stopped, Caddy restarts and serves every domain that has its certificate."""
    secure = replace(settings, domain="example.com")
    routes = [Route(("a.example.com",), "a", "/u", (CustomHost("example.org", certified=True),))]
    assert "on_demand" not in str(render_config(routes, secure, pages)["apps"]["tls"])


def test_render_config_box_that_is_an_address_takes_handshakes_without_a_name(
    settings: RouterSettings, pages: Pages
) -> None:
    """Clients send no server name for a bare address."""
    bare = replace(settings, domain="203.0.113.7", tls=TlsPolicy(TlsMode.INTERNAL))
    server = render_config([], bare, pages)["apps"]["http"]["servers"]["https"]
    assert server["tls_connection_policies"] == [{}]


def test_render_config_fifty_hosts_stay_flat(settings: RouterSettings, pages: Pages) -> None:
    """A small box has the plain document."""
    routes = [route(f"app-{number}.localhost") for number in range(50)]
    assert len(app_routes(render_config(routes, settings, pages))) == 50


def test_render_config_many_hosts_are_grouped(settings: RouterSettings, pages: Pages) -> None:
    """The last of many apps answers about as fast as the first; none is lost on the way."""
    routes = [route(f"app-{number}.localhost") for number in range(100)]
    groups = app_routes(render_config(routes, settings, pages))
    outer = [set(group["match"][0]["host"]) for group in groups]
    inner = [
        {host for app in group["handle"][0]["routes"] for host in app["match"][0]["host"]}
        for group in groups
    ]
    assert [len(hosts) for hosts in outer] == [GROUP_SIZE, GROUP_SIZE, GROUP_SIZE, 4]
    assert outer == inner
    assert set().union(*outer) == {host for route in routes for host in route.hosts}


@pytest.mark.parametrize(
    ("mode", "domain", "expected"),
    [
        (TlsMode.AUTO, "localhost", TlsMode.OFF),
        (TlsMode.AUTO, "box.localhost", TlsMode.OFF),
        (TlsMode.AUTO, "203.0.113.7", TlsMode.OFF),
        (TlsMode.AUTO, "example.com", TlsMode.AUTO),
        (TlsMode.INTERNAL, "localhost", TlsMode.INTERNAL),
        (TlsMode.OFF, "example.com", TlsMode.OFF),
    ],
)
def test_tls_mode_depends_on_who_could_vouch(
    mode: TlsMode, domain: str, expected: TlsMode, settings: RouterSettings
) -> None:
    """On a laptop plain HTTP works with no setting; a public domain gets certificates."""
    assert replace(settings, domain=domain, tls=TlsPolicy(mode)).tls_mode is expected


@pytest.mark.parametrize(
    ("mode", "http_port", "https_port", "expected"),
    [
        (TlsMode.OFF, 80, 443, "http://a.example.com"),
        (TlsMode.OFF, 8080, 443, "http://a.example.com:8080"),
        (TlsMode.AUTO, 8080, 443, "https://a.example.com"),
        (TlsMode.AUTO, 80, 8443, "https://a.example.com:8443"),
    ],
)
def test_url_names_scheme_and_unusual_port(
    mode: TlsMode, http_port: int, https_port: int, expected: str, settings: RouterSettings
) -> None:
    """A printed address can be pasted into a browser."""
    box = replace(
        settings,
        domain="example.com",
        tls=TlsPolicy(mode),
        http_port=http_port,
        https_port=https_port,
    )
    assert box.url("a.example.com") == expected


def test_listen_ports_of_a_document_are_those_of_its_settings(
    settings: RouterSettings, pages: Pages
) -> None:
    """Only ports that are new are checked for other listeners; sockets are none."""
    secure = replace(settings, tls=TlsPolicy(TlsMode.INTERNAL))
    without_udp = replace(secure, http3=False)
    assert listen_ports(render_config([], settings, pages)) == {("tcp", 80)}
    assert listen_ports(render_config([], without_udp, pages)) == {("tcp", 80), ("tcp", 443)}
    assert ("udp", 443) in listen_ports(render_config([], secure, pages))
    assert listen_ports(render_idle(settings.files)) == set()
