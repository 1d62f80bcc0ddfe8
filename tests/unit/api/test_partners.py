"""`/v1/partners` and `/v1/partner/users`."""

from typing import Any

import pytest

from tests.in_process import InProcess

USERS = "/v1/partner/users"


async def partner(site: InProcess, name: str = "shop") -> dict[str, str]:
    """The headers of a new partner."""
    made = await site.client.post("/v1/partners", json={"name": name})
    assert made.status_code == 201, made.text
    assert made.json()["data"]["key"].startswith("sotap_")
    return {"Authorization": f"Bearer {made.json()['data']['key']}"}


async def provision(site: InProcess, headers: dict[str, str], email: str) -> dict[str, Any]:
    response = await site.client.post(USERS, json={"email": email}, headers=headers)
    assert response.status_code == 201, response.text
    data: dict[str, Any] = response.json()["data"]
    return data


async def test_key_of_a_partner_is_shown_once(site: InProcess) -> None:
    """As every key."""
    made = (await site.client.post("/v1/partners", json={"name": "shop"})).json()["data"]
    listed = await site.client.get("/v1/partners")
    assert made["key"] not in listed.text
    (row,) = listed.json()["data"]
    assert row["key_prefix"] == made["key"][:13]


async def test_user_is_made_with_key_and_password(site: InProcess) -> None:
    """Both work at once: the key for the API, the password for the dashboard."""
    headers = await partner(site)
    made = await provision(site, headers, " Ada@Box.test ")
    assert made.keys() == {"user_id", "email", "api_key", "password", "created"}
    assert (made["email"], made["created"]) == ("ada@box.test", True)
    own = {"Authorization": f"Bearer {made['api_key']}"}
    me = (await site.client.get("/v1/me", headers=own)).json()["data"]
    assert (me["id"], me["role"], me["plan"]) == (made["user_id"], "member", "free")
    user = await site.box.store.users.find(made["user_id"])
    assert user is not None
    assert user.password_hash is not None


async def test_user_who_is_there_already_is_told_apart(site: InProcess) -> None:
    """200 without key or password: nobody gets into somebody's account by asking twice."""
    headers = await partner(site)
    made = await provision(site, headers, "ada@box.test")
    again = await site.client.post(USERS, json={"email": "ada@box.test"}, headers=headers)
    assert again.status_code == 200
    assert again.json()["data"] == {
        "user_id": made["user_id"],
        "email": "ada@box.test",
        "created": False,
    }


async def test_user_of_somebody_else_is_not_taken_over(site: InProcess) -> None:
    """Asking for an address that others brought in shows nothing of that user's."""
    mine, other = await partner(site), await partner(site, "other")
    made = await provision(site, other, "ada@box.test")
    again = await site.client.post(USERS, json={"email": "ada@box.test"}, headers=mine)
    assert again.status_code == 200
    assert (await site.client.get(USERS, headers=mine)).json()["data"] == []
    seen = await site.client.get(f"{USERS}/{made['user_id']}", headers=mine)
    assert seen.status_code == 404


async def test_users_are_walked_by_cursors(site: InProcess) -> None:
    """Oldest first, each once, the partner's own only."""
    headers = await partner(site)
    made = [(await provision(site, headers, f"u{n}@box.test"))["user_id"] for n in range(3)]
    first = (await site.client.get(f"{USERS}?limit=2", headers=headers)).json()
    cursor = first["pagination"]["next_cursor"]
    second = (await site.client.get(f"{USERS}?cursor={cursor}", headers=headers)).json()
    rows = first["data"] + second["data"]
    assert [row["user_id"] for row in rows] == made
    assert rows[0].keys() == {"id", "partner_id", "user_id", "status", "provisioned_at"}


async def test_usage_counts_what_a_user_has(site: InProcess) -> None:
    """Projects and deployments, for a bill."""
    headers = await partner(site)
    made = await provision(site, headers, "ada@box.test")
    user = await site.box.store.users.find(made["user_id"])
    assert user is not None
    await site.deployment(await site.project("one", user))
    await site.project("two", user)
    usage = (await site.client.get(f"{USERS}/{made['user_id']}", headers=headers)).json()["data"]
    assert usage.keys() == {
        "user_id",
        "email",
        "plan",
        "project_count",
        "deployment_count",
        "created_at",
    }
    counted = (usage["plan"], usage["project_count"], usage["deployment_count"])
    assert counted == ("free", 2, 1)


async def test_sixth_project_of_the_free_plan_is_refused(site: InProcess) -> None:
    """409 that says how many there may be; nothing is made."""
    made = await provision(site, await partner(site), "ada@box.test")
    user = await site.box.store.users.find(made["user_id"])
    assert user is not None
    for number in range(5):
        await site.project(f"p{number}", user)
    own = {"Authorization": f"Bearer {made['api_key']}"}
    response = await site.client.post("/v1/projects", json={"name": "Sixth"}, headers=own)
    assert response.status_code == 409
    assert response.json()["error"]["code"] == "project_limit"
    assert await site.box.store.projects.find("sixth") is None


async def test_revoked_partner_is_nobody_and_its_users_stay(site: InProcess) -> None:
    """Taking a partner's key away turns no customer out."""
    headers = await partner(site)
    made = await provision(site, headers, "ada@box.test")
    (row,) = (await site.client.get("/v1/partners")).json()["data"]
    assert (await site.client.delete(f"/v1/partners/{row['id']}")).status_code == 204
    assert (await site.client.get(USERS, headers=headers)).status_code == 401
    own = {"Authorization": f"Bearer {made['api_key']}"}
    assert (await site.client.get("/v1/me", headers=own)).status_code == 200


@pytest.mark.parametrize("email", ["", "x", "a@b@c", "a b@c", "x" * 300 + "@box.test", "a@\x00"])
async def test_address_that_is_none_is_refused(site: InProcess, email: str) -> None:
    """422 with the field."""
    headers = await partner(site)
    response = await site.client.post(USERS, json={"email": email}, headers=headers)
    assert response.status_code == 422
    assert response.json()["error"]["details"][0]["field"] == "email"
