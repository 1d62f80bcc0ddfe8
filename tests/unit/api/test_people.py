"""`/v1/users`, `/v1/me`, members of projects, and keys that expire."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sotabox.model.times import format_time
from sotabox.model.user import Role
from sotabox.operations import setup
from sotabox.operations.throttle import GUESSES_MAX
from tests.in_process import InProcess


async def invite(site: InProcess, email: str, role: str = "member") -> dict[str, Any]:
    response = await site.client.post("/v1/users", json={"email": email, "role": role})
    assert response.status_code == 201, response.text
    data: dict[str, Any] = response.json()["data"]
    return data


async def test_invited_user_chooses_a_password_by_the_link(site: InProcess) -> None:
    """Nobody else ever knows it; until then the list says `invited`."""
    made = await invite(site, "Ada@box.test", "viewer")
    assert made["setup_url"].startswith("http://localhost/setup/")
    assert (made["email"], made["role"], made["invited"]) == ("ada@box.test", "viewer", True)
    token = made["setup_url"].rpartition("/")[2]
    await setup.complete(site.box.store, token, "ada@box.test", "a password of hers")
    shown = (await site.client.get(f"/v1/users/{made['id']}")).json()["data"]
    assert shown["invited"] is False
    assert "setup_url" not in shown


async def test_new_setup_link_ends_the_one_before(site: InProcess) -> None:
    """For who was too late, or forgot."""
    made = await invite(site, "ada@box.test")
    again = await site.client.post(f"/v1/users/{made['id']}/setup-link")
    assert again.status_code == 201
    token = again.json()["data"]["setup_url"].rpartition("/")[2]
    assert (await setup.user_of(site.box.store, token)).id == made["id"]
    assert again.json()["data"]["setup_url"] != made["setup_url"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"email": "x"}, "email"),
        ({"email": "admin@localhost"}, "email"),
        ({"email": "ada@box.test", "role": "king"}, "role"),
        ({"role": "member"}, "email"),
    ],
)
async def test_invitation_with_a_wrong_field_names_it(
    site: InProcess, body: dict[str, str], field: str
) -> None:
    """422, and nobody is made."""
    response = await site.client.post("/v1/users", json=body)
    assert response.status_code == 422
    assert [detail["field"] for detail in response.json()["error"]["details"]] == [field]
    assert len((await site.client.get("/v1/users")).json()["data"]) == 1


async def test_role_counts_from_the_next_request(site: InProcess) -> None:
    """Keys that exist obey at once."""
    user = await site.user("ada@box.test")
    await site.project("shop", user)
    headers = await site.key_of(user)
    changed = await site.client.patch(f"/v1/users/{user.id}", json={"role": "viewer"})
    assert changed.json()["data"]["role"] == "viewer"
    response = await site.client.patch("/v1/projects/shop", json={"name": "x"}, headers=headers)
    assert response.status_code == 403


async def test_plan_bounds_from_the_next_request_on(site: InProcess) -> None:
    """An admin gives and takes a plan; what else a user is stays as it was."""
    user = await site.user("ada@box.test")
    headers, path = await site.key_of(user), f"/v1/users/{user.id}"
    changed = (await site.client.patch(path, json={"plan": "free"})).json()["data"]
    assert (changed["plan"], changed["role"]) == ("free", "member")
    for number in range(5):
        await site.project(f"p{number}", user)
    sixth = await site.client.post("/v1/projects", json={"name": "P"}, headers=headers)
    assert (sixth.status_code, sixth.json()["error"]["code"]) == (409, "project_limit")
    unbound = (await site.client.patch(path, json={"plan": "box", "role": "viewer"})).json()["data"]
    assert (unbound["plan"], unbound["role"]) == ("box", "viewer")
    wrong = await site.client.patch(path, json={"plan": "gold"})
    assert (wrong.status_code, wrong.json()["error"]["details"][0]["field"]) == (422, "plan")


async def test_last_admin_stays(site: InProcess) -> None:
    """A box that nobody runs can't be made by a slip."""
    path = f"/v1/users/{site.admin.id}"
    assert (await site.client.patch(path, json={"role": "member"})).status_code == 409
    assert (await site.client.delete(path)).status_code == 409
    other = await site.user("second@box.test", Role.ADMIN)
    assert (await site.client.delete(f"/v1/users/{other.id}")).status_code == 204


async def test_removed_user_is_locked_out_at_once_and_their_apps_go_on(site: InProcess) -> None:
    """Projects go to the heir; without one, nothing happens."""
    user, heir = await site.user("ada@box.test"), await site.user("heir@box.test")
    project = await site.project("shop", user)
    await site.box.store.members.put(project.id, heir.id, Role.VIEWER)
    headers = await site.key_of(user)
    refused = await site.client.delete(f"/v1/users/{user.id}")
    assert refused.status_code == 409
    assert "heir" in refused.json()["error"]["hint"]
    gone = await site.client.delete(f"/v1/users/{user.id}?heir=heir@box.test")
    assert gone.status_code == 204
    assert (await site.client.get("/v1/me", headers=headers)).status_code == 401
    shown = (await site.client.get("/v1/projects/shop")).json()["data"]
    assert shown["user_id"] == heir.id
    assert (await site.client.get("/v1/projects/shop/members")).json()["data"] == []


async def test_member_sees_the_project_in_the_list_and_may_work_on_it(site: InProcess) -> None:
    """One list of one's own and others' projects, in one order, page by page."""
    owner, member = await site.user("owner@box.test"), await site.user("member@box.test")
    made = [
        await site.project("a", owner),
        await site.project("b", member),
        await site.project("c", owner),
        await site.project("d", member),
        await site.project("hidden", owner),
    ]
    own, theirs = await site.key_of(owner), await site.key_of(member)
    for slug in ("a", "c"):
        added = await site.client.post(
            f"/v1/projects/{slug}/members", json={"email": "MEMBER@box.test"}, headers=own
        )
        assert added.status_code == 201
    seen, cursor = list[str](), ""
    while cursor is not None:
        page = await site.client.get(f"/v1/projects?limit=1&cursor={cursor}", headers=theirs)
        seen += [project["id"] for project in page.json()["data"]]
        cursor = page.json()["pagination"]["next_cursor"]
    assert seen == sorted(project.id for project in made[:4])
    body = {"key": "A", "value": "1"}
    put = await site.client.post("/v1/projects/a/envs", json=body, headers=theirs)
    assert put.status_code == 200
    assert (await site.client.get("/v1/projects/hidden", headers=theirs)).status_code == 404


async def test_viewer_of_a_project_sees_no_secrets(site: InProcess) -> None:
    """Looking on is not reading passwords; a changed role is an answer of 200."""
    owner, guest = await site.user("owner@box.test"), await site.user("guest@box.test")
    project = await site.project("shop", owner)
    await site.box.store.env_vars.upsert(project.id, "A", "s3cret", 10)
    own, theirs = await site.key_of(owner), await site.key_of(guest)
    path = "/v1/projects/shop/members"
    body = {"email": guest.email, "role": "viewer"}
    assert (await site.client.post(path, json=body, headers=own)).status_code == 201
    assert (await site.client.get("/v1/projects/shop", headers=theirs)).status_code == 200
    assert (await site.client.get("/v1/projects/shop/envs", headers=theirs)).status_code == 403
    masked = await site.client.get("/v1/projects/shop/envs?masked=1", headers=theirs)
    assert [(v["key"], v["value"]) for v in masked.json()["data"]] == [("A", "")]
    body["role"] = "member"
    assert (await site.client.post(path, json=body, headers=own)).status_code == 200
    assert (await site.client.get("/v1/projects/shop/envs", headers=theirs)).status_code == 200


async def test_owner_can_not_try_out_who_has_a_login(site: InProcess) -> None:
    """A few mistakes are told; a list of addresses is not worked through. An admin sees all anyway."""
    owner = await site.user("ada@box.test")
    await site.project("shop", owner)
    url, headers = "/v1/projects/shop/members", await site.key_of(owner)
    for number in range(GUESSES_MAX):
        guess = {"email": f"guess{number}@box.test"}
        assert (await site.client.post(url, json=guess, headers=headers)).status_code == 422
    for email in ("one-more@box.test", site.admin.email):
        answer = await site.client.post(url, json={"email": email}, headers=headers)
        assert answer.json()["error"]["code"] == "rate_limited"
    assert (await site.client.post(url, json={"email": "x@box.test"})).status_code == 422


async def test_member_who_leaves_or_is_let_out_sees_nothing_more(site: InProcess) -> None:
    """At once; a member may go without asking."""
    owner, guest = await site.user("owner@box.test"), await site.user("guest@box.test")
    await site.project("shop", owner)
    theirs = await site.key_of(guest)
    body = {"email": guest.email}
    path = f"/v1/projects/shop/members/{guest.id}"
    for headers in (theirs, await site.key_of(owner)):
        await site.client.post("/v1/projects/shop/members", json=body)
        assert (await site.client.delete(path, headers=headers)).status_code == 204
        assert (await site.client.get("/v1/projects/shop", headers=theirs)).status_code == 404
    assert (await site.client.delete(path)).status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"email": "nobody@box.test"}, "email"),
        ({"email": "admin@localhost"}, "email"),  # the owner
        ({"email": "guest@box.test", "role": "admin"}, "role"),
    ],
)
async def test_member_who_can_not_be_one_is_told_why(
    site: InProcess, body: dict[str, str], field: str
) -> None:
    """422 with the field."""
    await site.user("guest@box.test")
    await site.project("shop")
    response = await site.client.post("/v1/projects/shop/members", json=body)
    assert response.status_code == 422
    assert [detail["field"] for detail in response.json()["error"]["details"]] == [field]


async def test_key_with_an_expiry_works_until_then(site: InProcess) -> None:
    """401 afterwards, with the reason; the list shows when."""
    until = format_time(datetime.now(UTC) + timedelta(hours=1))
    made = await site.client.post("/v1/api-keys", json={"name": "ci", "expires_at": until})
    data = made.json()["data"]
    assert data["expires_at"] == until
    headers = {"Authorization": f"Bearer {data['key']}"}
    assert (await site.client.get("/v1/me", headers=headers)).status_code == 200
    async with site.box.store.database.transaction() as transaction:
        past = format_time(datetime.now(UTC) - timedelta(seconds=1))
        await transaction.execute(
            "UPDATE api_keys SET expires_at = ? WHERE id = ?", (past, data["id"])
        )
    late = await site.client.get("/v1/me", headers=headers)
    assert late.status_code == 401
    assert "expired" in late.json()["error"]["message"]


@pytest.mark.parametrize(
    "moment",
    ["", "tomorrow", "2020-01-01T00:00:00Z", "2099-01-01T00:00:00", "9999-12-31T23:59:59-23:00"],
)
async def test_expiry_that_is_no_moment_to_come_is_refused(site: InProcess, moment: str) -> None:
    """422 with an example of a right one."""
    response = await site.client.post("/v1/api-keys", json={"name": "ci", "expires_at": moment})
    assert response.status_code == 422
    assert response.json()["error"]["details"][0]["field"] == "expires_at"
