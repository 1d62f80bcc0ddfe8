"""The official command line, a command each: its bytes in, and what its types decode."""

import re
from datetime import datetime

import pytest

from tests.box import Box
from tests.contract.wire import GoClient

pytestmark = pytest.mark.engine

RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


def go_time(text: str) -> datetime:
    """What Go's `time.Time` accepts in JSON."""
    assert RFC3339.fullmatch(text), text
    return datetime.fromisoformat(text)


def test_auth_status_tells_a_valid_key_from_a_wrong_one(go: GoClient) -> None:
    """`sota auth status` lists the keys: 200 or 401."""
    assert go.ask("GET", "/v1/api-keys").status == 200
    wrong = GoClient(go.port, go.host, "sota_" + "0" * 40).ask("GET", "/v1/api-keys")
    assert (wrong.status, wrong.code) == (401, "unauthorized")


def test_projects_create_sends_name_and_slug(go: GoClient, slug: str) -> None:
    """`sota projects create` gets a project whose times Go can parse."""
    reply = go.ask("POST", "/v1/projects", {"name": "My App", "slug": slug})
    assert reply.status == 201
    project = reply.data
    assert {"id", "user_id", "name", "slug", "created_at", "updated_at"} <= project.keys()
    assert (project["name"], project["slug"]) == ("My App", slug)
    go_time(project["created_at"])
    go_time(project["updated_at"])
    again = go.ask("POST", "/v1/projects", {"name": "My App", "slug": slug})
    assert (again.status, again.code) == (409, "slug_taken")
    assert go.ask("DELETE", f"/v1/projects/{project['id']}").status == 204


def test_projects_list_walks_pages(go: GoClient, project: str) -> None:
    """`sota projects list` asks page by page until there is no more."""
    seen, cursor = list[str](), ""
    while True:
        query = "?limit=1" + (f"&cursor={cursor}" if cursor else "")
        reply = go.ask("GET", f"/v1/projects{query}")
        assert reply.status == 200
        seen += [one["id"] for one in reply.data]
        if not reply.json["pagination"]["has_more"]:
            break
        cursor = reply.json["pagination"]["next_cursor"]
    assert project in seen
    assert len(seen) == len(set(seen))


def test_deploy_streams_and_prints_the_url(
    box: Box, go: GoClient, project: str, slug: str, site_archive: bytes
) -> None:
    """`sota deploy`: the archive goes in, its log comes out, the app answers."""
    reply = go.deploy(project, site_archive)
    assert reply.status == 202
    deployment = reply.data
    assert deployment["status"] == "pending"
    nullable = ("image_tag", "build_method", "framework", "error", "error_message", "url")
    assert {name: deployment[name] for name in nullable} == dict.fromkeys(nullable)
    go_time(deployment["created_at"])

    printed = go.printed_stream(project, deployment["id"])
    assert "[build] Building application..." in printed
    assert "[deploy] Container started" in printed
    assert "[deploy] Health check passed" in printed
    assert all(line.startswith(("[build] ", "[deploy] ")) for line in printed), printed

    done = go.ask("GET", f"/v1/projects/{project}/deployments").data[0]
    assert (done["id"], done["status"], done["error"]) == (deployment["id"], "running", None)
    assert done["url"] == f"{slug}.localhost:{box.port}", (
        "no scheme: the client puts https:// there"
    )
    assert (done["build_method"], done["framework"]) == ("auto", "static")
    assert done["image_tag"] == f"sotabox/{slug}:{deployment['id'][:8]}"
    assert box.visit(slug).body == b"<h1>It works</h1>"


def test_logs_come_as_the_client_decodes_them(go: GoClient, live: tuple[str, str]) -> None:
    """`sota logs` takes the first deployment as the latest, and its log as text or a string."""
    project, deployment = live
    assert go.ask("GET", f"/v1/projects/{project}/deployments").data[0]["id"] == deployment
    reply = go.ask("GET", f"/v1/projects/{project}/deployments/{deployment}/logs")
    assert reply.status == 200
    assert b"[deploy] Health check passed\n" in reply.body
    assert not reply.body.startswith(b"{"), "the client would take it for an envelope"


def test_logs_as_json_are_a_string(go: GoClient, live: tuple[str, str]) -> None:
    """Whoever asks for JSON gets `{"data": "…"}`."""
    project, deployment = live
    path = f"/v1/projects/{project}/deployments/{deployment}/logs"
    request = go.request("GET", path).replace(
        b"\r\nAccept-Encoding", b"\r\nAccept: application/json\r\nAccept-Encoding"
    )
    assert "[deploy] Health check passed\n" in go.send(request).data


def test_rollback_without_history_says_so(go: GoClient, project: str) -> None:
    """`sota rollback` in a new project: 409, with an empty body that claims to be JSON."""
    reply = go.ask("POST", f"/v1/projects/{project}/rollback")
    assert (reply.status, reply.code) == (409, "nothing_running")


def test_rollback_to_the_only_release_says_so(go: GoClient, live: tuple[str, str]) -> None:
    """`sota rollback` with nothing before: another code, which a client can tell apart."""
    reply = go.ask("POST", f"/v1/projects/{live[0]}/rollback")
    assert (reply.status, reply.code) == (409, "no_previous_deployment")


def test_rollback_brings_the_previous_release_back(
    box: Box, go: GoClient, project: str, slug: str, site_archive: bytes, other_archive: bytes
) -> None:
    """`sota rollback`: 200, a new deployment that is deploying, and then the old page."""
    box.deploy(slug, site_archive)
    box.deploy(slug, other_archive)
    assert box.visit(slug).body == b"<h1>Second</h1>"
    reply = go.ask("POST", f"/v1/projects/{project}/rollback")
    assert (reply.status, reply.data["status"]) == (200, "deploying")
    go.printed_stream(project, reply.data["id"])
    assert box.visit(slug).body == b"<h1>It works</h1>"
    first, *others = go.ask("GET", f"/v1/projects/{project}/deployments").data
    assert (first["id"], first["source"]) == (reply.data["id"], "rollback")
    assert len(others) == 2


def test_env_commands_set_list_and_delete(go: GoClient, project: str) -> None:
    """`sota env set/list/delete`."""
    path = f"/v1/projects/{project}/envs"
    assert go.ask("POST", path, {"key": "GREETING", "value": "hi"}).status == 200
    (variable,) = go.ask("GET", path).data
    assert (variable["key"], variable["value"]) == ("GREETING", "hi")
    go_time(variable["created_at"])
    assert go.ask("DELETE", f"{path}/GREETING").status == 204
    assert go.ask("GET", path).data == []
    assert go.ask("DELETE", f"{path}/GREETING").status == 404


def test_project_that_is_deleted_is_gone(
    box: Box, go: GoClient, slug: str, site_archive: bytes
) -> None:
    """204; then neither the API nor the app answers for it."""
    project = box.create(slug)
    box.deploy(slug, site_archive)
    assert go.ask("DELETE", f"/v1/projects/{project}").status == 204
    assert go.ask("GET", f"/v1/projects/{project}").status == 404
    assert box.visit(slug).status == 404
