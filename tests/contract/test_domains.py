"""Custom domains: a test for each line of the contract's section 5, with a real name server."""

import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.box import Box, running_box
from tests.contract.wire import GoClient, SdkClient
from tests.machine.name_server import NameServer, name_server

pytestmark = pytest.mark.engine

FIELDS = {
    "id", "project_id", "user_id", "domain", "status", "dns_type", "last_checked_at", "verified_at",
    "error_message", "created_at", "updated_at",
}  # fmt: skip


@pytest.fixture(scope="module")
def dns() -> Iterator[NameServer]:
    bound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    bound.bind(("127.0.0.1", 0))
    with name_server(bound) as server:
        yield server


@pytest.fixture(scope="module")
def box(docker_host: str, dns: NameServer) -> Iterator[Box]:  # noqa: ARG001 - its end tells what was left
    with running_box(dns=dns.address, public_ip="203.0.113.7, 2001:db8::7") as box:
        yield box


@pytest.fixture(scope="module")
def deployed(box: Box, site_archive: bytes) -> str:
    """The id of the project `shop`, which was deployed."""
    id_ = box.create("shop")
    assert box.deploy("shop", site_archive)["status"] == "running"
    return id_


@pytest.fixture
def shop(box: Box, deployed: str) -> Iterator[str]:
    """The same, without domains before and after."""
    yield deployed
    for domain in box.request("GET", "/v1/projects/shop/domains").data:
        box.request("DELETE", f"/v1/projects/shop/domains/{domain['id']}")


def until(box: Box, domain_id: str, **wanted: Any) -> dict[str, Any]:
    """The domain of `shop`, once it is as `wanted`."""
    deadline = time.monotonic() + 20
    while True:
        found: dict[str, Any] = box.request("GET", f"/v1/projects/shop/domains/{domain_id}").data
        if all(found["domain"][key] == value for key, value in wanted.items()):
            return found["domain"]  # type: ignore[no-any-return]
        assert time.monotonic() < deadline, found
        time.sleep(0.02)


def test_add_answers_with_the_domain_and_what_to_set(sdk: SdkClient, shop: str) -> None:
    """`addDomain`: 201, every field of a domain, and a CNAME below the registered name."""
    reply = sdk.ask("POST", f"/v1/projects/{shop}/domains", {"domain": "www.example.co.uk"})
    assert reply.status == 201
    assert reply.data.keys() == {"domain", "dns_instructions"}
    domain = reply.data["domain"]
    assert domain.keys() >= FIELDS
    assert domain["project_id"] == shop
    assert (domain["domain"], domain["status"]) == ("www.example.co.uk", "pending")
    assert domain["dns_type"] == "CNAME"
    assert domain["verified_at"] is None
    instructions = reply.data["dns_instructions"]
    assert {key: instructions[key] for key in ("type", "name", "value")} == {
        "type": "CNAME",
        "name": "www",
        "value": "shop.localhost",
    }


def test_add_of_a_registered_name_asks_for_an_address(go: GoClient, shop: str) -> None:
    """`sota domains add example.co.uk`: an A record named `@`, with the AAAA beside it."""
    reply = go.ask("POST", f"/v1/projects/{shop}/domains", {"domain": "example.co.uk"})
    assert reply.status == 201
    assert reply.data["domain"]["dns_type"] == "A"
    instructions = reply.data["dns_instructions"]
    assert [instructions[key] for key in ("type", "name", "value")] == ["A", "@", "203.0.113.7"]
    assert {"type": "AAAA", "name": "@", "value": "2001:db8::7"} in instructions["records"]
    assert instructions["note"] is None


def test_list_is_plain_and_get_is_as_add(sdk: SdkClient, shop: str) -> None:
    """`listDomains` gives domains alone, `getDomain` the shape that `addDomain` gave."""
    path = f"/v1/projects/{shop}/domains"
    assert sdk.ask("GET", path).json == {"data": []}
    added = sdk.ask("POST", path, {"domain": "a.example.org"}).data
    listed = sdk.ask("GET", path)
    assert listed.status == 200
    assert [domain["id"] for domain in listed.data] == [added["domain"]["id"]]
    assert listed.data[0].keys() >= FIELDS
    for ref in (added["domain"]["id"], "a.example.org"):
        found = sdk.ask("GET", f"{path}/{ref}")
        assert found.status == 200
        assert found.data["domain"]["id"] == added["domain"]["id"]
        assert found.data["dns_instructions"] == added["dns_instructions"]


def test_remove_answers_without_a_body(go: GoClient, shop: str) -> None:
    """`sota domains remove`: 204; a second time it is not there."""
    path = f"/v1/projects/{shop}/domains"
    id_ = go.ask("POST", path, {"domain": "a.example.org"}).data["domain"]["id"]
    gone = go.ask("DELETE", f"{path}/{id_}")
    assert (gone.status, gone.body) == (204, b"")
    again = go.ask("DELETE", f"{path}/{id_}")
    assert (again.status, again.code) == (404, "not_found")


def test_add_needs_one_successful_deployment(sdk: SdkClient, project: str) -> None:
    """There has to be something to lead to."""
    reply = sdk.ask("POST", f"/v1/projects/{project}/domains", {"domain": "early.example.org"})
    assert (reply.status, reply.code) == (409, "conflict")


def test_domain_is_one_project_s(
    box: Box, sdk: SdkClient, shop: str, project: str, slug: str, site_archive: bytes
) -> None:
    """Taken on this box, by whomever: 409; so are names below another project's wildcard."""
    body = {"domain": "mine.example.org"}
    assert sdk.ask("POST", f"/v1/projects/{shop}/domains", body).status == 201
    sdk.ask("POST", f"/v1/projects/{shop}/domains", {"domain": "*.wild.example.org"})
    assert box.deploy(slug, site_archive)["status"] == "running"
    for ref, domain in (
        (shop, "mine.example.org"),
        (project, "mine.example.org"),
        (project, "MINE.example.org."),
        (project, "a.wild.example.org"),
    ):
        reply = sdk.ask("POST", f"/v1/projects/{ref}/domains", {"domain": domain})
        assert (reply.status, reply.code) == (409, "domain_taken"), domain
    assert sdk.ask("DELETE", f"/v1/projects/{project}/domains/mine.example.org").status == 404


def test_sixth_domain_is_one_too_many(sdk: SdkClient, shop: str) -> None:
    """Five a project."""
    path = f"/v1/projects/{shop}/domains"
    for number in range(5):
        assert sdk.ask("POST", path, {"domain": f"n{number}.example.org"}).status == 201
    sixth = sdk.ask("POST", path, {"domain": "n5.example.org"})
    assert (sixth.status, sixth.code) == (409, "domain_limit")
    assert len(sdk.ask("GET", path).data) == 5


@pytest.mark.parametrize("domain", ["", "localhost", "co.uk", "203.0.113.7", "x.localhost", "a b"])
def test_name_that_can_not_lead_here_is_refused(sdk: SdkClient, shop: str, domain: str) -> None:
    """422 with the field that was wrong."""
    reply = sdk.ask("POST", f"/v1/projects/{shop}/domains", {"domain": domain})
    assert (reply.status, reply.code) == (422, "validation_error")
    assert reply.json["error"]["details"][0]["field"] == "domain"


def test_domain_is_looked_up_at_once_and_served_when_it_leads_here(
    box: Box, dns: NameServer, sdk: SdkClient, shop: str
) -> None:
    """Verified by DNS, then active, and the app answers at it; without TLS there is no more to do."""
    dns.records["live.example.org"] = [("CNAME", "shop.localhost")]
    added = sdk.ask("POST", f"/v1/projects/{shop}/domains", {"domain": "live.example.org"}).data
    active = until(box, added["domain"]["id"], status="active")
    assert active["error_message"] is None
    assert active["last_checked_at"]
    assert active["verified_at"]
    assert box.request("GET", "/", host="live.example.org").body == b"<h1>It works</h1>"
    sdk.ask("DELETE", f"/v1/projects/{shop}/domains/live.example.org")
    assert box.request("GET", "/", host="live.example.org").status == 404


def test_domain_that_leads_elsewhere_stays_pending_and_says_why(
    box: Box, dns: NameServer, sdk: SdkClient, shop: str
) -> None:
    """What we see in DNS, and what is expected; it is not served."""
    dns.records["away.example.org"] = [("A", "198.51.100.9")]
    added = sdk.ask("POST", f"/v1/projects/{shop}/domains", {"domain": "away.example.org"}).data
    words = (
        "away.example.org points to 198.51.100.9, not to this box; "
        "expected: CNAME away → shop.localhost"
    )
    until(box, added["domain"]["id"], status="pending", error_message=words)
    assert box.request("GET", "/", host="away.example.org").status == 404


def test_redirect_is_chosen_changed_and_ended(
    box: Box, dns: NameServer, sdk: SdkClient, shop: str
) -> None:
    """Ours: `redirect_to` sends visitors on, path and query kept; null ends it."""
    path = f"/v1/projects/{shop}/domains"
    for name in ("example.org", "www.example.org"):
        dns.records[name] = [("A", "203.0.113.7")]
        id_ = sdk.ask("POST", path, {"domain": name}).data["domain"]["id"]
        until(box, id_, status="active")
    changed = sdk.ask("PATCH", f"{path}/www.example.org", {"redirect_to": "example.org"})
    assert (changed.status, changed.data["domain"]["redirect_to"]) == (200, "example.org")
    visit = box.request("GET", "/a?b", host="www.example.org")
    assert (visit.status, visit.headers["Location"]) == (
        308,
        f"http://example.org:{box.port}/a?b",
    )
    circle = sdk.ask("PATCH", f"{path}/example.org", {"redirect_to": "www.example.org"})
    assert (circle.status, circle.code) == (422, "validation_error")
    foreign = sdk.ask("PATCH", f"{path}/example.org", {"redirect_to": "evil.example.net"})
    assert foreign.status == 422
    sdk.ask("DELETE", f"{path}/example.org")
    assert sdk.ask("GET", f"{path}/www.example.org").data["domain"]["redirect_to"] is None
    assert box.request("GET", "/", host="www.example.org").status == 200


def test_project_that_is_deleted_sets_its_domains_free(
    box: Box, dns: NameServer, sdk: SdkClient, shop: str, slug: str, site_archive: bytes
) -> None:
    """Domains go with their project, and may lead to another one."""
    dns.records["moves.example.org"] = [("A", "203.0.113.7")]
    id_ = box.create(slug)
    box.deploy(slug, site_archive)
    sdk.ask("POST", f"/v1/projects/{id_}/domains", {"domain": "moves.example.org"})
    assert box.request("DELETE", f"/v1/projects/{id_}").status == 204
    added = sdk.ask("POST", f"/v1/projects/{shop}/domains", {"domain": "moves.example.org"})
    assert added.status == 201
    until(box, added.data["domain"]["id"], status="active")
