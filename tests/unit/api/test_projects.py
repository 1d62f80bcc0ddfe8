"""`/v1/projects` as far as no engine is needed."""

from typing import Any

import pytest

from sotabox.model.user import Role
from tests.in_process import InProcess

FIELDS = {"id", "user_id", "name", "slug", "created_at", "updated_at"}


async def test_list_of_nothing_is_an_empty_list(site: InProcess) -> None:
    """Never null: clients iterate over it."""
    response = await site.client.get("/v1/projects")
    assert response.json() == {"data": [], "pagination": {"next_cursor": None, "has_more": False}}


async def test_list_is_walked_by_its_cursors(site: InProcess) -> None:
    """Page after page, each project once, and the last page says so."""
    made = sorted([(await site.project(f"p{number}")).id for number in range(5)])
    seen, cursor, pages = list[str](), "", 0
    while True:
        page = (await site.client.get(f"/v1/projects?limit=2&cursor={cursor}")).json()
        seen += [project["id"] for project in page["data"]]
        pages += 1
        assert page["pagination"]["has_more"] is (page["pagination"]["next_cursor"] is not None)
        if not page["pagination"]["has_more"]:
            break
        cursor = page["pagination"]["next_cursor"]
    assert seen == made
    assert pages == 3


@pytest.mark.parametrize(
    "query", ["limit=abc", "limit=0", "limit=-1", "cursor=garbled", "cursor=%ff"]
)
async def test_list_with_a_wrong_query_is_malformed(site: InProcess, query: str) -> None:
    """What can't be understood is said, not ignored."""
    response = await site.client.get(f"/v1/projects?{query}")
    assert response.status_code == 400
    assert response.json()["error"]["code"] == "bad_request"


async def test_cursor_of_another_users_list_is_foreign(site: InProcess) -> None:
    """A cursor works for the one who got it."""
    await site.project("a")
    await site.project("b")
    page = (await site.client.get("/v1/projects?limit=1")).json()
    other = await site.key_of(await site.user("other@example.com"))
    cursor = page["pagination"]["next_cursor"]
    response = await site.client.get(f"/v1/projects?cursor={cursor}", headers=other)
    assert response.status_code == 400


async def test_project_is_found_by_id_and_by_slug(site: InProcess) -> None:
    """People type slugs, programs keep ids."""
    project = await site.project("shop")
    by_id = (await site.client.get(f"/v1/projects/{project.id}")).json()["data"]
    by_slug = (await site.client.get("/v1/projects/shop")).json()["data"]
    assert by_id == by_slug
    assert by_id.keys() >= FIELDS


async def test_slug_that_is_anothers_id_does_not_take_its_place(site: InProcess) -> None:
    """Whoever names a project after an id gets no request that was meant for that id."""
    other = await site.user("other@example.com")
    victim = await site.project("shop")
    await site.project(victim.id, other)
    found = (await site.client.get(f"/v1/projects/{victim.id}")).json()["data"]
    assert found["slug"] == "shop"


async def test_project_of_another_user_is_not_there(site: InProcess) -> None:
    """Nobody learns that somebody else's project exists, on any of its addresses."""
    await site.project("secret")
    other = await site.key_of(await site.user("other@example.com"))
    for method, path in [
        ("GET", ""),
        ("PATCH", ""),
        ("DELETE", ""),
        ("GET", "/envs"),
        ("POST", "/envs"),
        ("DELETE", "/envs/A"),
        ("POST", "/deploy"),
        ("POST", "/redeploy"),
        ("POST", "/rollback"),
        ("GET", "/deployments"),
        ("GET", "/deployments/x"),
        ("GET", "/deployments/x/logs"),
        ("GET", "/deployments/x/logs/stream"),
    ]:
        body: dict[str, Any] = {"PATCH": {"name": "x"}, "POST": {"key": "A", "value": "b"}}
        json = body.get(method) if path in {"", "/envs"} else None
        url = f"/v1/projects/secret{path}"
        response = await site.client.request(method, url, headers=other, json=json)
        absent = await site.client.request(
            method, url.replace("secret", "absent"), headers=other, json=json
        )
        assert (response.status_code, response.text) == (404, absent.text), (method, path)


async def test_viewer_may_look_and_change_nothing(site: InProcess) -> None:
    """A role that may only look gets 403 where it sees, not 404."""
    viewer = await site.user("viewer@example.com", Role.VIEWER)
    await site.project("seen", viewer)
    headers = await site.key_of(viewer)
    assert (await site.client.get("/v1/projects/seen", headers=headers)).status_code == 200
    response = await site.client.patch("/v1/projects/seen", headers=headers, json={"name": "x"})
    assert response.status_code == 403
    assert response.json()["error"]["code"] == "forbidden"
    response = await site.client.post("/v1/projects", headers=headers, json={"name": "x"})
    assert response.status_code == 403


async def test_rename_changes_the_name_and_keeps_the_slug(site: InProcess) -> None:
    """The address of an app stays, whatever it is called."""
    await site.project("shop")
    response = await site.client.patch("/v1/projects/shop", json={"name": "  The Shop "})
    assert response.status_code == 200
    assert response.json()["data"]["name"] == "The Shop"
    assert response.json()["data"]["slug"] == "shop"


async def test_change_of_the_slug_is_refused_with_its_reason(site: InProcess) -> None:
    """422, and why."""
    await site.project("shop")
    response = await site.client.patch("/v1/projects/shop", json={"name": "x", "slug": "new"})
    assert response.status_code == 422
    assert response.json()["error"]["details"][0]["field"] == "slug"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"name": "a\0"}, "name"),
        ({"name": "x", "slug": "Not A Slug"}, "slug"),
        ({"name": "x", "slug": "api"}, "slug"),
        ({"name": "x", "slug": "-x"}, "slug"),
        ({"name": "x", "slug": "x" * 64}, "slug"),
        ({"name": "x", "sulg": "x"}, "sulg"),
        ({"slug": "x"}, "name"),
        ({"name": 1}, "name"),
    ],
)
async def test_create_with_a_wrong_field_names_it(
    site: InProcess, body: dict[str, Any], field: str
) -> None:
    """422 with the field and what is wrong with it; nothing is made."""
    response = await site.client.post("/v1/projects", json=body)
    assert response.status_code == 422
    assert response.json()["error"]["code"] == "validation_error"
    assert [detail["field"] for detail in response.json()["error"]["details"]] == [field]
    assert (await site.client.get("/v1/projects")).json()["data"] == []


async def test_create_with_a_taken_slug_is_a_conflict(site: InProcess) -> None:
    """A slug that was asked for is had or refused, never changed."""
    await site.project("shop")
    response = await site.client.post("/v1/projects", json={"name": "x", "slug": "shop"})
    assert response.status_code == 409
    assert response.json()["error"]["code"] == "slug_taken"


async def test_body_of_another_content_type_is_unsupported(site: InProcess) -> None:
    """`curl -d` says that it sends a form."""
    response = await site.client.post(
        "/v1/projects",
        content=b'{"name": "x"}',
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert response.status_code == 415
    assert "application/json" in response.json()["error"]["hint"]


async def test_body_that_is_too_large_is_refused(site: InProcess) -> None:
    """No request makes the box hold what it does not need."""
    response = await site.client.post("/v1/projects", json={"name": "x" * 600_000})
    assert response.status_code == 413


@pytest.mark.parametrize(
    "path", ["%ff", "%00", "%2e%2e", "a%2fb", "%F0%9F%8D%95", "x" * 3000, "'; DROP TABLE projects"]
)
async def test_reference_that_can_be_no_project_is_not_found(site: InProcess, path: str) -> None:
    """Whatever stands in a path, the answer is 404."""
    response = await site.client.get(f"/v1/projects/{path}")
    assert response.status_code == 404
    assert response.json()["error"]["code"] == "not_found"
