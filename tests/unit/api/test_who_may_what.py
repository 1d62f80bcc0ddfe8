"""Every address of the API, by everybody: made from the app's own table of routes.

A new route without a rule here fails. Who may not see a thing gets the same 404 as for what does not
exist, byte for byte; who may see it, but not do this, gets 403.
"""

import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar.routes import HTTPRoute

from sotabox.api.routes import api_routes
from sotabox.crypto.tokens import digest_token, key_prefix, new_api_key, new_partner_key
from sotabox.model.project import Project
from sotabox.model.user import Plan, Role, User
from sotabox.model.webhook import Event
from sotabox.store.partners import NewLogin
from sotabox.web.site import route_site
from tests.in_process import InProcess, open_site


class Who(StrEnum):
    """Everybody, as seen from one project."""

    NOBODY = "nobody"  # no key
    PARTNER = "partner"
    ADMIN = "admin"
    OWNER = "owner"
    OWNING_VIEWER = "owning viewer"  # made it before the role was taken away
    MEMBER = "member"  # of the project
    MEMBER_WHO_VIEWS = "member who views"  # of the project, but a viewer on the box
    PROJECT_VIEWER = "project viewer"  # a viewer of the project, and a member on the box
    STRANGER = "stranger"


USERS = frozenset(Who) - {Who.NOBODY, Who.PARTNER}
SEES = USERS - {Who.STRANGER}
WORKS = frozenset({Who.ADMIN, Who.OWNER, Who.MEMBER})
OWNS = frozenset({Who.ADMIN, Who.OWNER})
NOT_VIEWERS = USERS - {Who.OWNING_VIEWER, Who.MEMBER_WHO_VIEWS}
ADMINS = frozenset({Who.ADMIN})
PARTNERS = frozenset({Who.PARTNER})


@dataclass(frozen=True)
class Rule:
    """Who passes, and who does not even learn that the thing exists; all others get 403."""

    passes: frozenset[Who]
    hidden: frozenset[Who] = frozenset()
    open: bool = False  # also without a key


OPEN = Rule(frozenset(Who), open=True)
ANY_USER = Rule(USERS)
SEE = Rule(SEES, hidden=frozenset({Who.STRANGER}))
WORK = Rule(WORKS, hidden=frozenset({Who.STRANGER}))
OWN = Rule(OWNS, hidden=frozenset({Who.STRANGER}))
ADMIN_ONLY = Rule(ADMINS)
#: Another user: admins know who there is, and nobody else does.
OTHER_USER = Rule(ADMINS, hidden=USERS - ADMINS)
#: Another user's key: nobody's but theirs.
OTHERS_OWN = Rule(frozenset(), hidden=USERS)
PARTNER_ONLY = Rule(PARTNERS)

P = "/v1/projects/{project}"
W = f"{P}/webhooks/{{webhook}}"
RULES: dict[str, Rule] = {
    "POST /v1/auth/device-code": OPEN,
    "POST /v1/auth/device-token": OPEN,
    "POST /v1/auth/session": OPEN,
    "DELETE /v1/auth/session": ANY_USER,
    "GET /v1/openapi.json": OPEN,
    "GET /v1/me": ANY_USER,
    "GET /v1/api-keys": ANY_USER,
    "POST /v1/api-keys": ANY_USER,
    "DELETE /v1/api-keys/{key}": OTHERS_OWN,
    "GET /v1/projects": ANY_USER,
    "POST /v1/projects": Rule(NOT_VIEWERS),
    f"GET {P}": SEE,
    f"PATCH {P}": WORK,
    f"DELETE {P}": OWN,
    f"POST {P}/deploy": WORK,
    f"POST {P}/redeploy": WORK,
    f"POST {P}/rollback": WORK,
    f"GET {P}/deployments": SEE,
    f"GET {P}/deployments/{{deployment}}": SEE,
    f"GET {P}/deployments/{{deployment}}/diff": SEE,
    f"POST {P}/deployments/{{deployment}}/cancel": WORK,
    f"GET {P}/deployments/{{deployment}}/logs": SEE,
    f"GET {P}/deployments/{{deployment}}/logs/stream": SEE,
    f"GET {P}/settings": SEE,
    f"PATCH {P}/settings": WORK,
    f"POST {P}/pause": WORK,
    f"POST {P}/resume": WORK,
    f"POST {P}/restart": WORK,
    f"GET {P}/logs": SEE,
    f"POST {P}/run": WORK,
    "GET /v1/events": ANY_USER,
    f"GET {P}/envs": WORK,
    f"PUT {P}/envs": WORK,
    f"PATCH {P}/envs": WORK,
    f"GET {P}/env-diff": WORK,
    f"POST {P}/envs": WORK,
    f"DELETE {P}/envs/{{key}}": WORK,
    f"GET {P}/members": SEE,
    f"POST {P}/members": OWN,
    f"DELETE {P}/members/{{user}}": OWN,
    f"GET {P}/domains": SEE,
    f"POST {P}/domains": WORK,
    f"GET {P}/domains/{{domain}}": SEE,
    f"PATCH {P}/domains/{{domain}}": WORK,
    f"DELETE {P}/domains/{{domain}}": WORK,
    f"POST {P}/domains/{{domain}}/check": WORK,
    f"GET {P}/webhooks": SEE,
    f"POST {P}/webhooks": WORK,
    f"GET {W}": SEE,
    f"PATCH {W}": WORK,
    f"DELETE {W}": WORK,
    f"POST {W}/ping": WORK,
    f"GET {W}/deliveries": SEE,
    f"POST {W}/deliveries/{{delivery}}/resend": WORK,
    "GET /v1/audit": ADMIN_ONLY,
    "GET /v1/audit/verify": ADMIN_ONLY,
    "GET /v1/registries": ANY_USER,
    "POST /v1/registries": Rule(NOT_VIEWERS),
    "GET /v1/registries/{registry}": OTHERS_OWN,
    "PATCH /v1/registries/{registry}": OTHERS_OWN,
    "DELETE /v1/registries/{registry}": OTHERS_OWN,
    "GET /v1/users": ADMIN_ONLY,
    "POST /v1/users": ADMIN_ONLY,
    "GET /v1/users/{user}": OTHER_USER,
    "PATCH /v1/users/{user}": OTHER_USER,
    "DELETE /v1/users/{user}": OTHER_USER,
    "POST /v1/users/{user}/setup-link": OTHER_USER,
    "GET /v1/partners": ADMIN_ONLY,
    "POST /v1/partners": ADMIN_ONLY,
    "DELETE /v1/partners/{id}": ADMIN_ONLY,
    "GET /v1/partner/users": PARTNER_ONLY,
    "POST /v1/partner/users": PARTNER_ONLY,
    "GET /v1/partner/users/{user}": PARTNER_ONLY,
}

#: Bodies with which a request is in order, so that what is refused is who sends it.
BODIES: dict[str, dict[str, Any]] = {
    "POST /v1/auth/session": {"email": "nobody@box.test"},
    "POST /v1/auth/device-token": {"device_code": "x"},
    "POST /v1/api-keys": {"name": "ci"},
    "POST /v1/projects": {"name": "New"},
    "POST /v1/registries": {"host": "r.test", "username": "ann", "password": "x"},
    f"PATCH {P}": {"name": "New"},
    f"PATCH {P}/settings": {"port": 3000},
    f"POST {P}/run": {"command": "true"},
    f"POST {P}/envs": {"key": "B", "value": "2"},
    f"PUT {P}/envs": {"B": "2"},
    f"PATCH {P}/envs": {"B": "2"},
    f"POST {P}/members": {"email": "guest@box.test"},
    f"POST {P}/domains": {"domain": "shop.example.com"},
    f"PATCH {P}/domains/{{domain}}": {"redirect_to": None},
    f"POST {P}/webhooks": {"url": "http://8.8.8.8/", "events": ["deploy.failed"]},
    f"PATCH {W}": {"active": False},
    "POST /v1/users": {"email": "new@box.test"},
    "PATCH /v1/users/{user}": {"role": "viewer"},
    "POST /v1/partners": {"name": "shop"},
    "POST /v1/partner/users": {"email": "customer@box.test"},
}


def api_of() -> list[str]:
    """Every method and path below `/v1`, from the app itself."""
    app = route_site(api_routes())
    return sorted(
        f"{method} {route.path_format}"
        for route in app.routes
        if isinstance(route, HTTPRoute) and route.path_format.startswith("/v1/")
        for method in route.methods
        if method != "OPTIONS"
    )


@dataclass
class Town:
    """A project with everything in it, and everybody around it; made anew for each request."""

    keys: dict[Who, dict[str, str]]
    project: Project
    things: dict[str, str]  # by the parameter of a path

    def path(self, template: str, **changes: str) -> str:
        return template.format(**self.things | changes)


async def build_town(site: InProcess, route: str) -> Town:
    """A town of its own: nothing that another request did is seen in it."""
    store, mark = site.box.store, secrets.token_hex(4)

    async def person(name: str, role: Role = Role.MEMBER) -> User:
        return await site.user(f"{name}-{mark}@box.test", role)

    if await store.users.find_by_email("guest@box.test") is None:
        await site.user("guest@box.test")
    viewing = Role.VIEWER
    people = {
        Who.ADMIN: await person("admin", Role.ADMIN),
        Who.OWNER: await person("owner"),
        Who.OWNING_VIEWER: await person("owning", viewing),
        Who.MEMBER: await person("member"),
        Who.MEMBER_WHO_VIEWS: await person("views", viewing),
        Who.PROJECT_VIEWER: await person("looks"),
        Who.STRANGER: await person("stranger"),
    }
    owner = people[Who.OWNER]
    project = await site.project(f"p-{mark}", owner)
    await store.members.put(project.id, people[Who.MEMBER].id, Role.MEMBER)
    await store.members.put(project.id, people[Who.MEMBER_WHO_VIEWS].id, Role.MEMBER)
    await store.members.put(project.id, people[Who.PROJECT_VIEWER].id, Role.VIEWER)
    keys = {who: await site.key_of(user) for who, user in people.items()}
    partner_key = new_partner_key()
    partner = await store.partners.insert("shop", digest_token(partner_key), "sotap_")
    keys |= {Who.NOBODY: {"Authorization": ""}}
    keys |= {Who.PARTNER: {"Authorization": f"Bearer {partner_key}"}}
    things = await things_of(site, project, await person("guest"))
    if route.startswith("GET /v1/partner/"):
        things["user"] = await provisioned(site, partner.id, mark)
    if "/partners/" in route:
        things["id"] = partner.id
    if "/api-keys/" in route:
        things["key"] = await key_of_somebody(site, await person("somebody"))
    return Town(keys, project, things)


async def things_of(site: InProcess, project: Project, guest: User) -> dict[str, str]:
    """One of each thing in a project."""
    store = site.box.store
    await store.env_vars.upsert(project.id, "A", "1", 10)
    await store.members.put(project.id, guest.id, Role.MEMBER)
    webhook = await store.webhooks.insert(
        project.id, "http://127.0.0.1:9/", [Event.FAILED], "whsec_1", 10
    )
    assert webhook is not None
    deployment = await site.deployment(project)
    async with store.database.transaction() as transaction:
        await transaction.execute(
            "INSERT INTO deliveries (id, webhook_id, project_id, event, event_at, status,"
            " next_attempt_at, created_at, updated_at)"
            " VALUES (?, ?, ?, 'ping', '', 'failed', '', '', '')",
            (f"d-{project.id}", webhook.id, project.id),
        )
    added = await store.domains.insert(
        project.id, f"{project.slug}.example.com", "example.com", None, 5
    )
    registry = await store.registries.insert(guest.id, "registry.test", "ann", "x")
    return {
        "registry": registry.id if registry else "",
        "project": project.id,
        "deployment": deployment.id,
        "key": "A",
        "user": guest.id,
        "webhook": webhook.id,
        "delivery": f"d-{project.id}",
        "domain": added.id if hasattr(added, "id") else "",
        "id": "",
    }


async def provisioned(site: InProcess, partner_id: str, mark: str) -> str:
    login = NewLogin(
        email=f"customer-{mark}@box.test",
        password_hash="",
        key_name="partner",
        key_hash=digest_token(mark),
        key_prefix="sota_",
    )
    user_id = await site.box.store.partners.provision(partner_id, login, Plan.FREE)
    assert user_id is not None
    return user_id


async def key_of_somebody(site: InProcess, user: User) -> str:
    key = new_api_key()
    row = await site.box.store.api_keys.insert(user.id, "x", digest_token(key), key_prefix(key))
    return row.id


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[InProcess]:
    """A box whose engine is away: who gets past the door may meet that."""
    async with open_site(tmp_path) as site:
        yield site


async def ask(site: InProcess, route: str, path: str, headers: dict[str, str]) -> httpx.Response:
    method = route.partition(" ")[0]
    body = BODIES.get(route)
    if route == "GET /v1/events":
        site.box.bus.close()  # else its answer would never end
    return await site.client.request(method, path, headers=headers, json=body)


def is_past_the_door(response: httpx.Response, route: str) -> bool:
    """Whether somebody was let through; what comes after may still be refused."""
    if route == "POST /v1/auth/device-token":
        return response.status_code == 404  # the code is nobody's
    return response.status_code not in {401, 403, 404}


def test_every_route_has_a_rule() -> None:
    """Whoever adds an address to the API says here who may use it."""
    assert [route for route in api_of() if route not in RULES] == []


@pytest.mark.parametrize("route", RULES)
async def test_route_is_for_whom_its_rule_says(site: InProcess, route: str) -> None:
    """All roles, on a thing that is there."""
    rule, template = RULES[route], route.partition(" ")[2]
    for who in Who:
        town = await build_town(site, route)
        if who is Who.OWNING_VIEWER and "{project}" in route:
            await hand_over(site, town, who)
        response = await ask(site, route, town.path(template), town.keys[who])
        seen = (route, who, response.status_code, response.text[:200])
        if who in rule.passes:
            assert is_past_the_door(response, route), seen
        elif who is Who.NOBODY:
            assert response.status_code == 401, seen
        elif who in rule.hidden:
            assert response.status_code == 404, seen
        else:
            assert response.status_code == 403, seen


async def hand_over(site: InProcess, town: Town, who: Who) -> None:
    """Makes the owning viewer the owner."""
    token = town.keys[who]["Authorization"].removeprefix("Bearer ")
    found = await site.box.store.api_keys.find_with_user(digest_token(token))
    assert found is not None
    async with site.box.store.database.transaction() as transaction:
        await transaction.execute(
            "UPDATE projects SET user_id = ? WHERE id = ?", (found[1].id, town.project.id)
        )


@pytest.mark.parametrize("route", [route for route in RULES if "{project}" in route])
async def test_project_that_is_not_there_looks_like_one_of_another(
    site: InProcess, route: str
) -> None:
    """Nobody can tell the two apart, not even by a letter of the answer."""
    template = route.partition(" ")[2]
    for who in USERS:
        town = await build_town(site, route)
        absent = await ask(site, route, town.path(template, project="absent"), town.keys[who])
        assert absent.status_code == 404, (route, who, absent.text)
        if who is Who.STRANGER:
            theirs = await ask(site, route, town.path(template), town.keys[who])
            assert theirs.text == absent.text, (route, who)
            assert theirs.headers.keys() == absent.headers.keys()


@pytest.mark.parametrize(
    "route",
    [r for r in RULES if r.count("{") > 1 and "/envs/" not in r],
)
async def test_thing_of_another_project_is_not_found_in_this_one(
    site: InProcess, route: str
) -> None:
    """An id opens something in its own project only, also for who may see both."""
    template = route.partition(" ")[2]
    for who in OWNS:
        town, other = await build_town(site, route), await build_town(site, route)
        foreign = {name: thing for name, thing in other.things.items() if name != "project"}
        response = await ask(site, route, town.path(template, **foreign), town.keys[who])
        assert response.status_code == 404, (route, who, response.text)


@pytest.mark.parametrize("route", [r for r in RULES if r.startswith("GET /v1/partner/users/")])
async def test_user_of_another_partner_is_not_there(site: InProcess, route: str) -> None:
    """Partners don't see each other's users."""
    town, other = await build_town(site, route), await build_town(site, route)
    path = route.partition(" ")[2]
    theirs = await ask(site, route, other.path(path), town.keys[Who.PARTNER])
    absent = await ask(site, route, town.path(path, user="absent"), town.keys[Who.PARTNER])
    assert (theirs.status_code, theirs.text) == (404, absent.text)
