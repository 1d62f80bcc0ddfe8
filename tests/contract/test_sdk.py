"""The TypeScript SDK, a method each, and the MCP server, which sends the same."""

import pytest

from tests.box import Box
from tests.contract.wire import SdkClient

pytestmark = pytest.mark.engine


def test_create_project_without_a_slug_derives_one(sdk: SdkClient) -> None:
    """`createProject({name})`: the slug comes from the name; a taken one gets a suffix."""
    name = "Größe & Co. 2"
    first = sdk.ask("POST", "/v1/projects", {"name": name})
    second = sdk.ask("POST", "/v1/projects", {"name": name})
    try:
        assert (first.status, second.status) == (201, 201)
        assert first.data["slug"].startswith("gr-e-co-2")
        assert second.data["slug"].startswith("gr-e-co-2-")
    finally:
        for reply in (first, second):
            assert sdk.ask("DELETE", f"/v1/projects/{reply.data['id']}").status == 204


def test_error_has_the_code_and_the_message_that_the_sdk_reads(sdk: SdkClient) -> None:
    """`SotaAPIError` takes both from `error`."""
    reply = sdk.ask("GET", "/v1/projects/absent")
    assert reply.status == 404
    assert reply.json["error"]["code"] == "not_found"
    assert reply.json["error"]["message"]


def test_list_projects_takes_a_limit_over_the_most(sdk: SdkClient, project: str) -> None:
    """`listProjects({limit: 500})` gets a page of at most a hundred."""
    reply = sdk.ask("GET", "/v1/projects?limit=500")
    assert reply.status == 200
    assert reply.json["pagination"].keys() == {"next_cursor", "has_more"}
    assert project in {one["id"] for one in reply.data}


def test_deploy_then_get_logs_as_raw_text(
    box: Box, sdk: SdkClient, project: str, slug: str, site_archive: bytes
) -> None:
    """`deploy(buffer)` with the hand-made body; `getLogs` sends `*/*` and shows what it gets."""
    reply = sdk.deploy(project, site_archive)
    assert (reply.status, reply.data["status"]) == (202, "pending")
    box.settled(slug, reply.data["id"])
    logs = sdk.ask("GET", f"/v1/projects/{project}/deployments/{reply.data['id']}/logs")
    assert logs.headers["content-type"].startswith("text/plain")
    assert "[build] Building application...\n" in logs.body.decode()
    (latest,) = sdk.ask("GET", f"/v1/projects/{project}/deployments").data
    assert latest["status"] == "running"


def test_redeploy_makes_a_new_deployment_with_todays_variables(
    box: Box, sdk: SdkClient, project: str, slug: str, site_archive: bytes
) -> None:
    """`redeploy`: 200 and deploying, no build; a project without a release: 409."""
    none = sdk.ask("POST", f"/v1/projects/{project}/redeploy")
    assert (none.status, none.code) == (409, "nothing_running")
    first = box.deploy(slug, site_archive)
    reply = sdk.ask("POST", f"/v1/projects/{project}/redeploy")
    assert (reply.status, reply.data["status"]) == (200, "deploying")
    assert {"id", "project_id", "status", "created_at"} <= reply.data.keys()
    assert reply.data["source_deployment_id"] == first["id"]
    assert box.settled(slug, reply.data["id"])["status"] == "running"
    assert box.deployment(slug, first["id"])["status"] == "stopped"


def test_rollback_to_a_chosen_deployment(
    box: Box, sdk: SdkClient, project: str, slug: str, site_archive: bytes, other_archive: bytes
) -> None:
    """Ours beyond the SDK: `{"deployment_id": …}` picks any release that is kept."""
    first = box.deploy(slug, site_archive)
    box.deploy(slug, other_archive)
    box.deploy(slug, other_archive)
    reply = sdk.ask("POST", f"/v1/projects/{project}/rollback", {"deployment_id": first["id"]})
    assert reply.status == 200
    assert box.settled(slug, reply.data["id"])["status"] == "running"
    assert box.visit(slug).body == b"<h1>It works</h1>"


def test_env_vars_are_upserted(sdk: SdkClient, project: str) -> None:
    """`setEnvVar` twice is one variable; `deleteEnvVar` answers without a body."""
    path = f"/v1/projects/{project}/envs"
    first = sdk.ask("POST", path, {"key": "A", "value": "1"})
    second = sdk.ask("POST", path, {"key": "A", "value": "2"})
    assert (first.status, second.status) == (200, 200)
    assert first.data["id"] == second.data["id"]
    gone = sdk.ask("DELETE", f"{path}/A")
    assert (gone.status, gone.body) == (204, b"")
