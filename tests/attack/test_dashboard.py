"""Every address of the dashboard, by those whom it should not serve: made from its own routes."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from litestar.routes import HTTPRoute

from sotabox.model.user import Role
from tests.in_process import InProcess, open_site
from tests.unit.dashboard.conftest import _HASH, Browser, let_in, open_browser

#: What nobody needs to be logged in for.
OPEN = {"/docs", "/login", "/login/code", "/setup/{token}", "/static/{name}"}
NAME = "Project victim"


class _Absent(dict[str, str]):
    """Some value for whatever a path asks for."""

    def __missing__(self, _: str) -> str:
        return "absent"


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[InProcess]:
    async with open_site(tmp_path) as site:
        await site.box.store.users.set_password(site.admin.id, _HASH)
        yield site


def addresses(browser: Browser) -> Iterator[tuple[str, str]]:
    """Method and path template of every route of the dashboard."""
    application = browser.client._transport.app  # type: ignore[attr-defined]
    while not hasattr(application, "routes"):
        application = application._app
    for route in application.routes:
        if isinstance(route, HTTPRoute) and not route.path.startswith(("/v1", "/internal")):
            path = route.path_format
            for method in sorted(route.methods - {"OPTIONS", "HEAD"}):
                yield method, path


async def victim_ids(site: InProcess) -> dict[str, str]:
    """What a stranger may have heard of: the ids of somebody else's things."""
    owner = await site.user("victim@example.com")
    project = await site.project("victim", owner)
    deployment = await site.deployment(project)
    await site.key_of(owner)
    [key] = await site.box.store.api_keys.of_user(owner.id)
    return {
        "project": project.slug,
        "deployment": deployment.id,
        "domain": "absent",
        "key": key.id,
        "session": "absent",
        "user": owner.id,
        "path": "absent",
        "token": "absent",
        "name": "absent.css",
    }


async def test_guest_gets_to_the_login_and_nowhere_else(site: InProcess) -> None:
    """Without a session no page, no part, no stream and no action is there."""
    ids = await victim_ids(site)
    async with open_browser(site) as guest:
        for method, path in addresses(guest):
            if path in OPEN:
                continue
            answer = await guest.client.request(method, path.format_map(_Absent(ids)))
            where = answer.headers.get("location", "")
            to_login = answer.status_code == 303 and where.startswith("/login")
            assert to_login or answer.status_code in {401, 403, 404}, (method, path, answer)
            assert NAME not in answer.text, (method, path)


@pytest.mark.parametrize("role", [Role.MEMBER, Role.VIEWER])
async def test_ids_of_another_open_nothing(site: InProcess, role: Role) -> None:
    """Who is logged in, and sends whole forms with good tokens, gets nothing of another's."""
    ids = await victim_ids(site)
    async with open_browser(site) as browser:
        await let_in(browser, "stranger@example.com", role)
        tried = 0
        for method, path in addresses(browser):
            if "{" not in path or path in OPEN:
                continue
            data = {"csrf": await browser.token("/account"), "slug": ids["project"], "key": "A"}
            form = {"data": data} if method == "POST" else {}
            answer = await browser.client.request(method, path.format_map(_Absent(ids)), **form)
            assert answer.status_code in {403, 404}, (method, path, answer)
            assert NAME not in answer.text, (method, path)
            tried += 1
        assert tried > 20


async def test_no_action_without_a_token_of_this_browser(site: InProcess) -> None:
    """A page elsewhere can send forms in the owner's name; none of them does anything."""
    ids = await victim_ids(site)
    async with open_browser(site) as browser:
        owner = await let_in(browser, "owner@example.com", Role.ADMIN)
        mine = await site.project("mine", owner)
        ids |= {"project": mine.slug, "deployment": (await site.deployment(mine)).id}
        for method, path in addresses(browser):
            if method != "POST" or path.startswith("/setup"):
                continue
            files = {"archive": ("a.tar.gz", b"\x1f\x8b")} if path.endswith("/deploy") else None
            for token in ("", "A" * 86):
                answer = await browser.client.post(
                    path.format_map(_Absent(ids)),
                    data={"csrf": token, "slug": mine.slug},
                    files=files,
                )
                refused = {403, 503} if files else {403}  # this box has no engine to build with
                assert answer.status_code in refused, (path, answer)
        assert await site.box.store.projects.find(mine.id) is not None


async def test_every_page_refuses_to_be_framed(site: InProcess) -> None:
    """Nobody's click lands on a button that they did not see."""
    async with open_browser(site) as guest:
        for method, path in addresses(guest):
            answer = await guest.client.request(method, path.format_map(_Absent()))
            assert answer.headers["x-frame-options"] == "DENY", (method, path)
            assert answer.headers["x-content-type-options"] == "nosniff"
