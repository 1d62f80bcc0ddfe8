"""Who gets in, who stays in, and who can't make somebody's browser do things."""

import html
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from sotabox.dashboard.login import local_path
from sotabox.model.session import AGE_MAX, IDLE_MAX
from sotabox.model.times import format_time
from sotabox.operations import users
from tests.in_process import InProcess
from tests.unit.dashboard.conftest import EMAIL, PASSWORD, Browser, open_browser

SET_UP = {
    "email": "New@Box.test",
    "password": "a new long password",
    "again": "a new long password",
}


def days_ago(age: timedelta) -> str:
    return format_time(datetime.now(UTC) - age)


async def test_box_without_a_login_says_how_to_get_one(site: InProcess) -> None:
    """Opening a fresh box tells what to do on the server; there is nothing to guess."""
    async with open_browser(site) as browser:
        page = await browser.client.get("/", follow_redirects=True)
        assert "sotabox user setup-link" in page.text
        assert 'name="password"' not in page.text


async def test_setup_link_lets_in_once(site: InProcess) -> None:
    """The link sets the login and lets in; a second time it does neither."""
    path = f"/setup/{await users.make_setup_link(site.box.store, site.admin)}"
    async with open_browser(site) as browser, open_browser(site) as thief:
        stolen = await thief.token(path)
        answer = await browser.send(path, SET_UP)
        assert answer.headers["location"] == "/?notice=welcome"
        assert (await browser.get("/")).status_code == 200
        late = await thief.client.post(path, data={"csrf": stolen, **SET_UP})
        assert late.status_code == 404
        assert (await thief.get(path)).status_code == 404
    user = await site.box.store.users.find(site.admin.id)
    assert user is not None
    assert user.email == "new@box.test"


async def test_setup_link_is_read_as_it_was_meant(site: InProcess) -> None:
    """Typed on a phone in small letters, with O for 0, it is the same link."""
    token = await users.make_setup_link(site.box.store, site.admin)
    async with open_browser(site) as browser:
        typed = token.lower().replace("0", "o").replace("1", "l").replace("-", "")
        assert (await browser.get(f"/setup/{typed}")).status_code == 200


async def test_setup_link_expires(site: InProcess) -> None:
    """After an hour it is as good as none."""
    token = await users.make_setup_link(site.box.store, site.admin)
    async with site.box.store.database.transaction() as transaction:
        await transaction.execute(
            "UPDATE setup_links SET created_at = ?", (days_ago(timedelta(minutes=61)),)
        )
    async with open_browser(site) as browser:
        assert (await browser.get(f"/setup/{token}")).status_code == 404


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("password", "short", "at least 10"),
        ("password", "aaaaaaaaaaaa", "different characters"),
        ("again", "something else", "not the same"),
        ("email", "nobody", "not an email"),
    ],
)
async def test_setup_with_a_bad_field_says_so_beside_it(
    site: InProcess, field: str, value: str, said: str
) -> None:
    """The form comes back with what was wrong, and the link still works."""
    path = f"/setup/{await users.make_setup_link(site.box.store, site.admin)}"
    form = SET_UP | {field: value} | ({"again": value} if field == "password" else {})
    async with open_browser(site) as browser:
        answer = await browser.send(path, form)
        assert answer.status_code == 422
        assert said in answer.text
        assert f'aria-describedby="{field}-note"' in answer.text
        assert (await browser.send(path, SET_UP)).status_code == 303


async def test_login_makes_a_new_session_id(guest: Browser) -> None:
    """A cookie that somebody planted before the login opens nothing after it."""
    planted = "x" * 43
    guest.client.cookies.set("sotabox", planted, domain="box.test")
    await guest.log_in()
    mine = {c.value for c in guest.client.cookies.jar if c.name == "sotabox" and c.value}
    assert mine - {planted}
    guest.client.cookies.clear()
    guest.client.cookies.set("sotabox", planted, domain="box.test")
    assert (await guest.get("/")).status_code == 303


async def test_login_ends_the_session_before_it(guest: Browser) -> None:
    """Logging in again in the same browser leaves no second way in behind."""
    await guest.log_in()
    await guest.log_in()
    assert len(await guest.site.box.store.sessions.of_user(
        guest.site.admin.id, made_after="", seen_after=""
    )) == 1  # fmt: skip


async def test_logout_ends_the_session_for_whoever_has_its_cookie(admin: Browser) -> None:
    """A copied cookie is worth nothing after the logout."""
    copied = dict(admin.client.cookies)
    await admin.send("/logout", {}, of="/")
    assert (await admin.get("/")).status_code == 303
    admin.client.cookies.update(copied)
    assert (await admin.get("/")).status_code == 303


async def test_revoked_session_is_out_at_once(
    admin: Browser, another: Callable[..., object]
) -> None:
    """Ending another browser's session on the account page logs it out."""
    async with another() as phone:  # type: ignore[attr-defined]
        await phone.log_in()
        sessions = await admin.site.box.store.sessions.of_user(
            admin.site.admin.id, made_after="", seen_after=""
        )
        assert len(sessions) == 2
        newest = max(sessions, key=lambda session: session.id)
        await admin.send(f"/account/sessions/{newest.id}/end", {}, of="/account")
        assert (await phone.get("/")).status_code == 303
    assert (await admin.get("/")).status_code == 200


@pytest.mark.parametrize(("column", "age"), [("seen_at", IDLE_MAX), ("created_at", AGE_MAX)])
async def test_session_ends_by_itself(admin: Browser, column: str, age: timedelta) -> None:
    """Unused for a week, or a month old, it is over."""
    async with admin.site.box.store.database.transaction() as transaction:
        await transaction.execute(f"UPDATE sessions SET {column} = ?", (days_ago(age),))
    assert (await admin.get("/")).status_code == 303


async def test_wrong_password_and_unknown_address_answer_alike(guest: Browser) -> None:
    """Nobody learns from the answer who has a login here."""
    wrong = await guest.log_in(password="not the password")
    unknown = await guest.log_in(email="nobody@box.test")
    assert wrong.status_code == unknown.status_code == 401
    assert "fit together" in wrong.text
    assert "fit together" in unknown.text


async def test_guessing_is_slowed_down(guest: Browser) -> None:
    """After five wrong passwords the right one is refused as well, for a while."""
    for _ in range(5):
        assert (await guest.log_in(password="wrong")).status_code == 401
    answer = await guest.log_in()
    assert answer.status_code == 429
    assert "Try again in" in answer.text


async def test_form_without_its_token_is_refused(admin: Browser) -> None:
    """Another page can't make this browser create a project."""
    answer = await admin.client.post("/new", data={"name": "Forged"})
    assert answer.status_code == 403
    foreign = await admin.client.post("/new", data={"name": "Forged", "csrf": "A" * 86})
    assert foreign.status_code == 403


async def test_token_of_another_browser_is_refused(
    admin: Browser, another: Callable[..., object]
) -> None:
    """A token is for the browser that got it."""
    async with another() as other:  # type: ignore[attr-defined]
        await other.log_in()
        token = await other.token("/new")
    answer = await admin.client.post("/new", data={"name": "Forged", "csrf": token})
    assert answer.status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "cross-site"},
        {"origin": "http://evil.box.test"},
        {"origin": "null"},
    ],
)
async def test_request_from_an_apps_page_is_refused(
    admin: Browser, headers: dict[str, str]
) -> None:
    """An app on a subdomain is the same site to browsers; it is a stranger to us."""
    token = await admin.token("/new")
    answer = await admin.client.post("/new", data={"name": "F", "csrf": token}, headers=headers)
    assert answer.status_code == 403


async def test_login_form_has_a_token_as_well(guest: Browser) -> None:
    """Nobody can log a browser in as somebody else."""
    answer = await guest.client.post("/login", data={"email": EMAIL, "password": PASSWORD})
    assert answer.status_code == 403


async def test_cookies_of_a_secure_box_are_for_it_alone(site: InProcess) -> None:
    """HTTPS only, no scripts, and a name that no subdomain can set."""
    token = await users.make_setup_link(site.box.store, site.admin)
    async with open_browser(site, secure=True) as browser:
        answer = await browser.send(f"/setup/{token}", SET_UP)
    cookie = next(
        c for c in answer.headers.get_list("set-cookie") if c.startswith("__Host-sotabox=")
    )
    attributes = cookie.lower()
    for wanted in ("httponly", "secure", "samesite=lax", "path=/"):
        assert wanted in attributes
    assert "domain=" not in attributes


async def test_pages_let_nothing_foreign_in(admin: Browser) -> None:
    """No script but ours runs, no page frames us, nothing stays in a cache."""
    answer = await admin.get("/")
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "DENY"


async def test_page_asked_for_before_the_login_is_shown_after_it(guest: Browser) -> None:
    """One ends where one wanted to go."""
    answer = await guest.get("/projects/shop?x=1")
    assert answer.headers["location"] == "/login?next=/projects/shop%3Fx%3D1"


@pytest.mark.parametrize(
    "elsewhere", ["//evil.test", "/\\evil.test", "https://evil.test", "javascript:x", "/a\nb", ""]
)
def test_way_back_never_leads_elsewhere(elsewhere: str) -> None:
    """A link to our login can't send anybody to another site."""
    assert local_path(elsewhere) == "/"


async def test_logins_are_in_the_audit_log(guest: Browser) -> None:
    """Who was refused, who got in by what, and that they left."""
    await guest.log_in(password="wrong password")
    await guest.log_in()
    await guest.send("/logout", {}, of="/account")
    entries = await guest.site.box.store.audit.page(None, 10)
    assert [(e.actor, e.action, e.target, e.status) for e in entries] == [
        (EMAIL, "log_out", {}, 303),
        (EMAIL, "log_in", {"by": "password"}, 200),
        (EMAIL, "log_in", {"by": "password"}, 401),
    ]


@pytest.mark.parametrize("path", ["/projects/世界?q=é", "/search?q=a%26b", "/?q=%25"])
async def test_login_leads_back_to_any_address(guest: Browser, path: str) -> None:
    """Whatever was asked for before, in any script, is where one is after the login."""
    sent = await guest.get(path)
    form = await guest.get(sent.headers["location"])
    back = re.search(r'name="next" value="([^"]*)"', form.text)
    assert back
    answer = await guest.send(
        "/login", {"email": EMAIL, "password": PASSWORD, "next": html.unescape(back[1])}
    )
    assert answer.status_code == 303
    assert httpx.URL(answer.headers["location"]) == httpx.URL(path)
