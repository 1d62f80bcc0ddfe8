"""Deployments as rows; how they come about is in tests/contract."""

import pytest

from sotabox.model.deployment import Status
from tests.in_process import InProcess

FIELDS = {
    "id", "project_id", "status", "image_tag", "build_method", "framework", "error_message",
    "error", "url", "created_at", "updated_at", "number", "source", "source_deployment_id",
    "duration_ms", "created_by", "hint", "swap",
    "image", "commit", "image_bytes", "health", "crash_loop", "archive_name",
}  # fmt: skip


async def test_deployment_that_waits_has_all_fields_and_no_facts_yet(site: InProcess) -> None:
    """Clients find every field from the first answer on."""
    deployment = await site.deployment(await site.project("shop"))
    url = f"/v1/projects/shop/deployments/{deployment.id}"
    data = (await site.client.get(url)).json()["data"]
    assert data.keys() == FIELDS
    assert data["status"] == "pending"
    nullable = ("image_tag", "build_method", "framework", "error", "error_message", "url")
    assert [data[name] for name in nullable] == [None] * 6


async def test_error_of_a_deployment_has_both_names(site: InProcess) -> None:
    """The documentation reads one, the clients the other."""
    deployment = await site.deployment(await site.project("shop"))
    await site.box.store.deployments.advance(deployment.id, Status.FAILED, error="It broke")
    url = f"/v1/projects/shop/deployments/{deployment.id}"
    data = (await site.client.get(url)).json()["data"]
    assert data["error"] == data["error_message"] == "It broke"


async def test_list_is_newest_first_and_walked_by_cursors(site: InProcess) -> None:
    """`logs` and `status` of the command line take the first one as the latest."""
    project = await site.project("shop")
    made = [(await site.deployment(project)).id for _ in range(3)]
    first = (await site.client.get("/v1/projects/shop/deployments?limit=2")).json()
    cursor = first["pagination"]["next_cursor"]
    url = f"/v1/projects/{project.id}/deployments?limit=2&cursor={cursor}"
    second = (await site.client.get(url)).json()
    assert [one["id"] for one in first["data"] + second["data"]] == made[::-1]
    assert second["pagination"] == {"next_cursor": None, "has_more": False}


async def test_cursor_of_another_project_is_foreign(site: InProcess) -> None:
    """400, not a page of something else."""
    shop, blog = await site.project("shop"), await site.project("blog")
    for _ in range(2):
        await site.deployment(shop)
        await site.deployment(blog)
    page = (await site.client.get("/v1/projects/shop/deployments?limit=1")).json()
    cursor = page["pagination"]["next_cursor"]
    response = await site.client.get(f"/v1/projects/blog/deployments?cursor={cursor}")
    assert response.status_code == 400


async def test_deployment_of_another_project_is_not_found(site: InProcess) -> None:
    """An id is looked for where the path says."""
    await site.project("shop")
    elsewhere = await site.deployment(await site.project("blog"))
    for suffix in ("", "/logs", "/logs/stream"):
        url = f"/v1/projects/shop/deployments/{elsewhere.id}{suffix}"
        assert (await site.client.get(url)).status_code == 404


@pytest.mark.parametrize("verb", ["redeploy", "rollback"])
async def test_repeat_of_nothing_is_a_conflict(site: InProcess, verb: str) -> None:
    """There is nothing to go to, and the answer says what to do first."""
    await site.project("shop")
    response = await site.client.post(f"/v1/projects/shop/{verb}")
    assert response.status_code == 409
    assert response.json()["error"]["code"] == "nothing_running"


async def test_empty_body_that_claims_to_be_json_is_never_an_error(site: InProcess) -> None:
    """The Go client sends that content type with everything."""
    await site.project("shop")
    headers = {"Content-Type": "application/json"}
    for method, path, status in [
        ("GET", "", 200),
        ("GET", "/envs", 200),
        ("GET", "/deployments", 200),
        ("POST", "/redeploy", 409),
        ("POST", "/rollback", 409),
        ("DELETE", "/envs/ABSENT", 404),
    ]:
        url = f"/v1/projects/shop{path}"
        response = await site.client.request(method, url, headers=headers)
        assert response.status_code == status, (method, path)


@pytest.mark.parametrize(
    ("body", "status"), [(b"{}", 409), (b'{"deployment_id": null}', 409), (b"[]", 422), (b"{", 400)]
)
async def test_body_of_a_rollback_is_optional_but_checked(
    site: InProcess, body: bytes, status: int
) -> None:
    """Nothing, an empty object or an object that names a deployment."""
    await site.project("shop")
    headers = {"Content-Type": "application/json"}
    url = "/v1/projects/shop/rollback"
    assert (await site.client.post(url, content=body, headers=headers)).status_code == status


async def test_rollback_to_a_deployment_that_is_absent_is_not_found(site: InProcess) -> None:
    """A wrong id is said to be wrong."""
    await site.project("shop")
    response = await site.client.post(
        "/v1/projects/shop/rollback", json={"deployment_id": "absent"}
    )
    assert response.status_code == 404


async def test_deploy_without_an_engine_says_so_before_the_upload(site: InProcess) -> None:
    """503 with a hint; the API stays up."""
    await site.project("shop")
    files = {"archive": ("app.tar.gz", b"\x1f\x8b" + bytes(100))}
    response = await site.client.post("/v1/projects/shop/deploy", files=files)
    assert response.status_code == 503
    assert response.json()["error"]["code"] == "engine_unavailable"
    assert int(response.headers["retry-after"]) > 0
    assert list(site.box.store.folders.uploads.iterdir()) == []


async def test_deploy_to_a_project_being_deleted_is_a_conflict(site: InProcess) -> None:
    """Nothing new begins in what is on its way out."""
    project = await site.project("shop")
    await site.box.store.projects.mark_deleting(project.id)
    files = {"archive": ("app.tar.gz", b"\x1f\x8b")}
    response = await site.client.post("/v1/projects/shop/deploy", files=files)
    assert response.status_code == 409
    assert response.json()["error"]["code"] == "project_deleting"


async def test_cancel_ends_a_deployment_that_waits(site: InProcess) -> None:
    """What I cancel is stopped, and the answer is the deployment as it is now."""
    deployment = await site.deployment(await site.project("shop"))
    url = f"/v1/projects/shop/deployments/{deployment.id}/cancel"
    response = await site.client.post(url)
    assert response.status_code == 200
    assert response.json()["data"]["id"] == deployment.id
    assert response.json()["data"]["status"] == "stopped"
    assert response.json()["data"]["error"] == "Cancelled"


async def test_cancel_of_what_is_settled_is_a_conflict(site: InProcess) -> None:
    """A second cancel says that there is nothing to do, and in which state it is."""
    deployment = await site.deployment(await site.project("shop"))
    url = f"/v1/projects/shop/deployments/{deployment.id}/cancel"
    await site.client.post(url)
    response = await site.client.post(url)
    assert response.status_code == 409
    assert response.json()["error"]["code"] == "conflict"
    assert "is stopped" in response.json()["error"]["message"]


async def test_cancel_of_what_is_absent_or_of_another_project_is_not_found(
    site: InProcess,
) -> None:
    """An id is looked for where the path says."""
    await site.project("shop")
    elsewhere = await site.deployment(await site.project("blog"))
    for id_ in ("absent", elsewhere.id):
        response = await site.client.post(f"/v1/projects/shop/deployments/{id_}/cancel")
        assert response.status_code == 404
