"""The contract's first section: keys, lists, errors, limits; the same for every resource."""

import re
import secrets
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from http.client import HTTPResponse

import pytest

from tests.box import Box, running_box
from tests.contract.wire import GoClient, SdkClient, connect

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def narrow(docker_host: str) -> Iterator[Box]:  # noqa: ARG001 - its end tells what was left
    """A box that takes twenty requests a minute, and lets one deployment wait."""
    with running_box(rate_limit="20", queue_max="1") as box:
        yield box


def member(box: Box) -> tuple[str, str]:
    """A new member of the box: address and key."""
    email = f"{secrets.token_hex(4)}@box.test"
    box.command("user", "invite", email)
    return email, box.command("apikey", "create", "--name", "x", "--user", email).strip()


def test_key_has_the_shape_that_clients_check(go: GoClient) -> None:
    """`sota_` and 40 hex; listed by its first 13 characters, and shown once."""
    made = go.ask("POST", "/v1/api-keys", {"name": "ci"})
    assert made.status == 201
    assert {"id", "name", "key", "key_prefix", "created_at"} <= made.data.keys()
    assert re.fullmatch(r"sota_[0-9a-f]{40}", made.data["key"])
    assert made.data["key_prefix"] == made.data["key"][:13]
    listed = {key["id"]: key for key in go.ask("GET", "/v1/api-keys").data}
    row = listed[made.data["id"]]
    assert {"id", "name", "key_prefix", "last_used_at", "created_at"} <= row.keys()
    assert "key" not in row
    fresh = replace(go, key=made.data["key"])
    assert fresh.ask("GET", "/v1/api-keys").status == 200
    gone = go.ask("DELETE", f"/v1/api-keys/{row['id']}")
    assert (gone.status, gone.body) == (204, b"")
    assert fresh.ask("GET", "/v1/api-keys").status == 401


def test_session_token_is_sent_as_a_key_is(box: Box, sdk: SdkClient) -> None:
    """Address and password for a JWT of an hour; no key is told from it, and it can be ended."""
    admin, password = box.command("user", "reset-password").split()
    made = sdk.ask("POST", "/v1/auth/session", {"email": admin, "password": password})
    assert (made.status, made.data["expires_in"]) == (201, 3600)
    session = replace(sdk, key=made.data["token"])
    assert session.ask("GET", "/v1/me").data["email"] == admin
    assert session.ask("GET", "/v1/partner/users").status == 403
    assert session.ask("DELETE", "/v1/auth/session").status == 204
    after = session.ask("GET", "/v1/me")
    assert (after.status, after.code) == (401, "unauthorized")


@pytest.mark.parametrize(
    "authorization", ["", "Bearer", "Bearer ", "Basic YTpi", "sota_x", "Bearer ey.e30.x"]
)
def test_request_without_a_good_token_is_unauthorized(box: Box, authorization: str) -> None:
    """401 in the usual shape, for whatever stands there; never a 500."""
    answer = box.request("GET", "/v1/projects", headers={"Authorization": authorization})
    assert (answer.status, answer.code) == (401, "unauthorized")
    assert answer.headers["www-authenticate"] == "Bearer"


def test_resource_of_another_user_is_not_there(box: Box, sdk: SdkClient, project: str) -> None:
    """404, and the very words that are said of what does not exist."""
    stranger = replace(sdk, key=member(box)[1])
    for method, suffix in (("GET", ""), ("DELETE", ""), ("GET", "/envs"), ("POST", "/redeploy")):
        theirs = stranger.ask(method, f"/v1/projects/{project}{suffix}")
        absent = stranger.ask(method, f"/v1/projects/{'0' * 36}{suffix}")
        assert (theirs.status, theirs.body) == (404, absent.body), (method, suffix)
    assert stranger.ask("GET", "/v1/projects").json == {
        "data": [],
        "pagination": {"next_cursor": None, "has_more": False},
    }


def test_cursor_of_another_list_is_malformed(sdk: SdkClient, project: str) -> None:
    """400 for one from elsewhere, a cut one, and one that was made up."""
    listed = sdk.ask("GET", "/v1/audit?limit=1").json["pagination"]
    assert listed["has_more"]
    foreign = listed["next_cursor"]
    for cursor in (foreign, foreign[:-2], "AAAA", "%00", "é".encode().hex()):
        reply = sdk.ask("GET", f"/v1/projects/{project}/deployments?cursor={cursor}")
        assert (reply.status, reply.code) == (400, "bad_request"), cursor


@pytest.mark.parametrize("limit", ["0", "-1", "x", "1.5"])
def test_limit_that_is_no_number_is_malformed(sdk: SdkClient, limit: str) -> None:
    """400 with the field."""
    reply = sdk.ask("GET", f"/v1/projects?limit={limit}")
    assert (reply.status, reply.json["error"]["details"][0]["field"]) == (400, "limit")


def test_method_that_is_not_there_says_which_are(box: Box, project: str) -> None:
    """405, with `Allow`."""
    answer = box.request("PUT", f"/v1/projects/{project}")
    assert (answer.status, answer.code) == (405, "method_not_allowed")
    assert {"GET", "PATCH", "DELETE"} <= set(answer.headers["allow"].split(", "))


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 422),  # nothing is said, and no JSON is broken
        (b"{", 400),
        (b"[]", 422),
        (b'{"name": 1}', 422),
        (b'{"name": "\xff"}', 400),
        (b'{"name": "a", "colour": "red"}', 422),
        (b'{"name": ""}', 422),
        (b'{"name": "%s"}' % (b"x" * 101), 422),
        (b'{"name": "a", "slug": "www"}', 422),
        (b'{"name": "a", "slug": "Not A Slug"}', 422),
        (b'{"name": "a", "slug": "%s"}' % (b"x" * 64), 422),
    ],
)
def test_project_that_can_not_be_is_refused_in_the_envelope(
    box: Box, body: bytes, status: int
) -> None:
    """400 for what is no JSON, 422 for what says nothing that can be done."""
    headers = {"Content-Type": "application/json"}
    answer = box.request("POST", "/v1/projects", body, headers=headers)
    assert (answer.status, bool(answer.error["message"])) == (status, True), answer.body
    assert answer.code == {400: "bad_request", 422: "validation_error"}[status]


def test_renamed_project_keeps_its_slug(sdk: SdkClient, project: str, slug: str) -> None:
    """`PATCH {name}`; a slug in it is refused, and the slug stands wherever the id does."""
    renamed = sdk.ask("PATCH", f"/v1/projects/{slug}", {"name": "Other"})
    assert (renamed.status, renamed.data["name"], renamed.data["slug"]) == (200, "Other", slug)
    refused = sdk.ask("PATCH", f"/v1/projects/{project}", {"name": "Other", "slug": "other"})
    assert refused.status == 422
    assert sdk.ask("GET", f"/v1/projects/{slug}").data["id"] == project


def test_database_of_a_project_is_not_there_yet(sdk: SdkClient, project: str) -> None:
    """Its address is kept free, and answers like any other that is not there."""
    reply = sdk.ask("GET", f"/v1/projects/{project}/database")
    assert (reply.status, reply.code) == (404, "not_found")


def test_requests_of_a_minute_are_counted_and_limited(narrow: Box) -> None:
    """On every response what is left; then 429 and when to go on. A stream counts once."""
    _, key = member(narrow)  # nobody has asked for anything with this one
    client = SdkClient(narrow.port, "api.localhost", key)
    while time.time() % 60 > 45:  # all of it in one of the windows, which begin with minutes
        time.sleep(0.5)
    with connect(client.port) as connection, closing(HTTPResponse(connection)) as stream:
        connection.sendall(client.request("GET", "/v1/events"))
        stream.begin()
        assert stream.status == 200
        assert stream.headers["x-ratelimit-remaining"] == "19"
        replies = [client.ask("GET", "/v1/projects") for _ in range(19)]
    assert [int(reply.headers["x-ratelimit-remaining"]) for reply in replies] == [
        *range(18, -1, -1)
    ]
    for reply in replies:
        assert reply.headers["x-ratelimit-limit"] == "20"
        assert 0 < int(reply.headers["x-ratelimit-reset"]) - time.time() <= 61
    refused = client.ask("GET", "/v1/projects")
    assert (refused.status, refused.code) == (429, "rate_limited")
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert "x-ratelimit-limit" in refused.headers
    nobody = replace(client, key="sota_" + "0" * 40).ask("GET", "/v1/projects")
    assert (nobody.status, nobody.headers["x-ratelimit-limit"]) == (401, "20")


def test_queue_that_is_full_says_when_to_come_again(narrow: Box, site_archive: bytes) -> None:
    """503 with `Retry-After`; the archive was taken in for nothing, and nothing of it is left."""
    project, other = narrow.create("shop"), narrow.create("other")
    with closing(sqlite3.connect(narrow.directory / "sotabox.db", timeout=30)) as store, store:
        store.execute(
            "INSERT INTO deployments (id, project_id, number, status, source, phases, created_at,"
            " updated_at) VALUES ('waits', ?, 1, 'pending', 'archive', '{}', '2030', '2030')",
            (other,),
        )
    client = GoClient(narrow.port, "api.localhost", narrow.key)
    refused = client.deploy(project, site_archive)
    assert (refused.status, refused.code) == (503, "queue_full")
    assert int(refused.headers["retry-after"]) > 0
    assert client.ask("GET", f"/v1/projects/{project}/deployments").data == []
    assert list((narrow.directory / "archives").iterdir()) == []
