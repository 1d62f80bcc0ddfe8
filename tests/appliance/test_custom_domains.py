"""Custom domains from DNS to certificate, against a real name server and a real ACME authority."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.appliance.authority import BOX, REFUSED, Internet, small_internet

pytestmark = pytest.mark.slow


PATIENT = ("--retry", "20", "--retry-all-errors", "--retry-delay", "1")


@pytest.fixture(scope="module")
def internet(caddy: Path) -> Iterator[Internet]:
    with small_internet(caddy) as internet:
        internet.project("shop")
        yield internet


def leads_here(internet: Internet, domain: str) -> None:
    internet.dns.records[domain] = [("CNAME", f"shop.{BOX}")]


def test_name_of_the_box_has_its_certificate_and_http2(internet: Internet) -> None:
    """Managed certificates are there without anybody's asking; browsers speak HTTP/2."""
    visit = internet.visit(f"https://{BOX}/healthz", *PATIENT)
    assert (visit.status, visit.version) == (200, "2")


def test_domain_is_verified_certified_and_served(internet: Internet) -> None:
    """From the record in DNS to the app behind HTTPS, with nobody doing anything."""
    leads_here(internet, "first.example.org")
    added = internet.add("shop", "first.example.org")
    assert (added["status"], added["dns_type"]) == ("pending", "CNAME")
    active = internet.until("shop", "first.example.org", status="active")
    assert active["verified_at"]
    assert active["error_message"] is None
    visit = internet.visit("https://first.example.org/x")
    assert (visit.status, visit.version) == (200, "2")
    assert visit.body == "hello first.example.org /x"
    plain = internet.visit("http://first.example.org/x?y")
    assert (plain.status, plain.location) == (308, "https://first.example.org/x?y")


def test_domain_whose_dns_leads_elsewhere_says_so_until_it_is_set(internet: Internet) -> None:
    """What we see and what we expect is said; nothing is served; a new look finds the change."""
    internet.dns.records["late.example.org"] = [("A", "198.51.100.9")]
    internet.add("shop", "late.example.org")
    seen = internet.until(
        "shop",
        "late.example.org",
        status="pending",
        error_message=(
            "late.example.org points to 198.51.100.9, not to this box; "
            f"expected: CNAME late → shop.{BOX}"
        ),
    )
    assert seen["verified_at"] is None
    assert (
        "alert"
        in internet.visit(
            "https://late.example.org/", "--resolve", "late.example.org:443:127.0.0.1"
        ).error
    )
    leads_here(internet, "late.example.org")
    path = "/v1/projects/shop/domains/late.example.org/check"
    assert internet.box.request("POST", path).status == 202
    internet.until("shop", "late.example.org", status="active")
    internet.box.request("DELETE", "/v1/projects/shop/domains/late.example.org")


def test_domain_that_the_authority_refuses_says_so(internet: Internet) -> None:
    """DNS is right, but no certificate comes: the reason is the authority's own."""
    leads_here(internet, REFUSED)
    internet.add("shop", REFUSED)
    verified = internet.until("shop", REFUSED, status="verified", error_message=...)
    internet.box.request("DELETE", f"/v1/projects/shop/domains/{REFUSED}")
    words = verified["error_message"]
    assert words.startswith(f"DNS is right, but there is no certificate of {REFUSED} yet: ")
    assert "urn:ietf:params:acme:error:rejectedIdentifier" in words


def test_name_that_nobody_added_gets_no_certificate(internet: Internet) -> None:
    """A name that merely points here makes the box ask no authority."""
    leads_here(internet, "stranger.example.org")
    assert "alert" in internet.visit("https://stranger.example.org/").error
    assert not list(internet.box.directory.glob("router/caddy/certificates/*/stranger*"))


def test_domain_that_is_removed_is_refused_at_once(internet: Internet) -> None:
    """The answer to DELETE is the end, whatever certificate Caddy still holds."""
    leads_here(internet, "gone.example.org")
    internet.add("shop", "gone.example.org")
    internet.until("shop", "gone.example.org", status="active")
    assert internet.visit("https://gone.example.org/").status == 200
    assert (
        internet.box.request("DELETE", "/v1/projects/shop/domains/gone.example.org").status == 204
    )
    assert "alert" in internet.visit("https://gone.example.org/").error
    assert internet.visit("http://gone.example.org/").status == 404


def test_apex_and_www_lead_to_one_of_them(internet: Internet) -> None:
    """`www` sends its visitors to the apex, path and query kept; both have certificates."""
    internet.dns.records["example.net"] = [("A", "127.0.0.1")]
    leads_here(internet, "www.example.net")
    internet.add("shop", "example.net")
    internet.add("shop", "www.example.net", redirect_to="example.net")
    internet.until("shop", "example.net", status="active")
    internet.until("shop", "www.example.net", status="active")
    visit = internet.visit("https://www.example.net/a?b")
    assert (visit.status, visit.location) == (308, "https://example.net/a?b")
    assert internet.visit("https://example.net/").body == "hello example.net /"
    for domain in ("example.net", "www.example.net"):
        internet.box.request("DELETE", f"/v1/projects/shop/domains/{domain}")


def test_wildcard_names_get_certificates_when_they_are_visited(internet: Internet) -> None:
    """Each name below a wildcard is certified by its first visit; a deeper one is not."""
    internet.dns.records["*.wild.example.org"] = [("CNAME", f"shop.{BOX}")]
    internet.add("shop", "*.wild.example.org")
    internet.until("shop", "*.wild.example.org", status="active")
    assert internet.visit("https://any.wild.example.org/").body == "hello any.wild.example.org /"
    assert (
        internet.visit(
            "https://a.b.wild.example.org/", "--resolve", "a.b.wild.example.org:443:127.0.0.1"
        ).status
        == 0
    )


def test_ask_endpoint_is_shut_to_the_world(internet: Internet) -> None:
    """Caddy may ask which names are known; visitors may not, however they write the path."""
    ask = "internal/ask?domain=first.example.org"
    assert internet.visit(f"http://{internet.box.settings['listen']}/{ask}").status == 200
    for path in (ask, f"/{ask}", f"x/../{ask}", ask.replace("i", "%69", 1)):
        visit = internet.visit(f"https://{BOX}/{path}", "--path-as-is")
        assert visit.status == 404, path


def test_certified_domain_is_served_by_caddy_alone(internet: Internet) -> None:
    """With sotabox stopped, a Caddy that starts anew serves each domain with its certificate."""
    leads_here(internet, "first.example.org")
    if internet.box.request("GET", "/v1/projects/shop/domains/first.example.org").status == 404:
        internet.add("shop", "first.example.org")
    internet.until("shop", "first.example.org", status="active")
    internet.box.stop()
    try:
        restart_caddy(internet)
        assert internet.visit("https://first.example.org/", *PATIENT).status == 200
    finally:
        internet.box.start()


def restart_caddy(internet: Internet) -> None:
    """Caddy dies, and is started on its document by somebody else, as its unit would."""
    pid = internet.box.caddy_pid
    os.kill(pid, signal.SIGKILL)
    internet.box.spawn("caddy")


def test_account_that_fell_apart_is_made_anew(internet: Internet) -> None:
    """A box whose account's files don't belong together gets certificates again by itself."""
    [key] = internet.box.directory.glob("router/caddy/acme/*/users/*/*.key")
    other = ec.generate_private_key(ec.SECP256R1())
    key.write_bytes(
        other.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    )
    leads_here(internet, "apart.example.org")
    internet.add("shop", "apart.example.org")
    seen = internet.until("shop", "apart.example.org", status="verified", error_message=...)
    assert "urn:ietf:params:acme:error:malformed" in seen["error_message"]
    internet.box.request("DELETE", "/v1/projects/shop/domains/apart.example.org")
    leads_here(internet, "again.example.org")
    internet.add("shop", "again.example.org")
    internet.until("shop", "again.example.org", status="active")
    internet.box.request("DELETE", "/v1/projects/shop/domains/again.example.org")
