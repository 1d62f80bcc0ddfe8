"""With a second factor, a password alone opens nothing."""

import re
import time
from collections.abc import Callable
from urllib.parse import quote

import pytest

from sotabox.crypto.totp import totp_code
from sotabox.dashboard import csrf
from sotabox.dashboard.qr import render_qr
from sotabox.operations import users
from tests.unit.dashboard.conftest import Browser, open_browser

STEP_S = 30


def code_of(secret: str, off: int = 0) -> str:
    return totp_code(secret, int(time.time() // STEP_S) + off)


async def turned_on(admin: Browser) -> str:
    """The secret of a factor that was just set up with the previous step's code."""
    page = await admin.send("/account/factor", {"step": "begin"}, of="/account")
    match = re.search(r'name="secret" value="([A-Z2-7]+)"', page.text)
    assert match
    form = {"step": "on", "secret": match[1], "code": code_of(match[1], -1)}
    answer = await admin.send("/account/factor", form, of="/account")
    assert answer.headers["location"] == "/account?notice=factor-on"
    return match[1]


async def asked(browser: Browser) -> str:
    """The ticket that a right password gives now."""
    page = await browser.log_in()
    match = re.search(r'name="ticket" value="([^"]+)"', page.text)
    assert match, page.text
    assert not browser.client.cookies.get("sotabox")
    return match[1]


async def test_login_asks_for_a_code_and_takes_each_once(
    admin: Browser, another: Callable[..., object]
) -> None:
    """A code lets in once; seen over a shoulder, it is worth nothing a moment later."""
    secret = await turned_on(admin)
    code = code_of(secret)
    async with another() as phone, another() as thief:  # type: ignore[attr-defined]
        form = {"ticket": await asked(phone), "code": f"{code[:3]} {code[3:]}", "next": "/box"}
        answer = await phone.send("/login/code", form, of="/login")
        assert answer.headers["location"] == "/box"
        form = {"ticket": await asked(thief), "code": code, "next": "/"}
        late = await thief.send("/login/code", form, of="/login")
        assert late.status_code == 401
        assert "used already" in late.text


async def test_wrong_codes_are_counted(admin: Browser, another: Callable[..., object]) -> None:
    """A million codes can't be tried."""
    await turned_on(admin)
    async with another() as thief:  # type: ignore[attr-defined]
        ticket = await asked(thief)
        for _ in range(5):
            form = {"ticket": ticket, "code": "000000", "next": "/"}
            assert (await thief.send("/login/code", form, of="/login")).status_code == 401
        assert (await thief.send("/login/code", form, of="/login")).status_code == 429


async def test_wrong_codes_are_counted_from_wherever_they_come(
    admin: Browser, another: Callable[..., object]
) -> None:
    """Who has a password and a thousand addresses can't try a million codes either."""
    secret = await turned_on(admin)
    async with another() as thief:  # type: ignore[attr-defined]
        form = {"ticket": await asked(thief), "code": "000000", "next": "/"}
        csrf = await thief.token("/login")
        for number in range(10):
            thief.client.headers["x-forwarded-for"] = f"203.0.113.{number}"
            answer = await thief.client.post("/login/code", data=form | {"csrf": csrf})
            assert answer.status_code == 401
        thief.client.headers["x-forwarded-for"] = "203.0.113.99"
        right = form | {"csrf": csrf, "code": code_of(secret)}
        assert (await thief.client.post("/login/code", data=right)).status_code == 429


async def test_browser_left_open_can_not_take_the_factor_away(admin: Browser) -> None:
    """Neither by trying codes nor by putting another factor in its place."""
    secret = await turned_on(admin)
    other = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    form = {"step": "on", "secret": other, "code": code_of(other)}
    assert (await admin.send("/account/factor", form, of="/account")).status_code == 409
    for _ in range(5):
        form = {"step": "off", "code": "000000"}
        assert (await admin.send("/account/factor", form, of="/account")).status_code == 422
    form = {"step": "off", "code": code_of(secret)}
    assert (await admin.send("/account/factor", form, of="/account")).status_code == 429
    assert await admin.site.box.store.second_factors.find(admin.site.admin.id) == secret


async def test_ticket_is_of_one_browser(admin: Browser, another: Callable[..., object]) -> None:
    """Who has the code but not the password can't borrow somebody's ticket."""
    secret = await turned_on(admin)
    async with another() as phone, another() as thief:  # type: ignore[attr-defined]
        form = {"ticket": await asked(phone), "code": code_of(secret), "next": "/"}
        answer = await thief.send("/login/code", form, of="/login")
        assert answer.headers["location"] == "/login"
        assert (await thief.get("/")).status_code == 303


async def test_factor_is_set_up_only_with_a_code_of_it(admin: Browser) -> None:
    """Nobody locks themselves out with an app that shows something else."""
    form = {"step": "on", "secret": "GEZDGNBVGY3TQOJQ", "code": "000000"}
    answer = await admin.send("/account/factor", form, of="/account")
    assert answer.status_code == 422
    assert await admin.site.box.store.second_factors.find(admin.site.admin.id) is None


async def test_secret_is_shown_to_a_camera_and_to_a_hand(admin: Browser) -> None:
    """A phone scans it; who has none at hand opens the link or types the secret in."""
    page = (await admin.send("/account/factor", {"step": "begin"}, of="/account")).text
    svg = re.findall(r'<svg[^>]* class="qr">.*?</svg>', page, re.DOTALL)[0]
    assert 'fill="#fff"' in svg  # the quiet zone, at night as well
    assert "style=" not in svg
    secret = re.findall(r'name="secret" value="([A-Z2-7]+)"', page)[0]
    assert (
        f'href="otpauth://totp/box.test:{quote(admin.site.admin.email)}?secret={secret}&amp;issuer=box.test"'
        in page
    )
    assert f'data-copy="{secret}"' in page


def test_text_too_long_for_a_camera_gets_no_code() -> None:
    """What a form sends back may be anything; the page stands without the picture."""
    assert render_qr("x" * 5000) == ""
    assert render_qr("") == ""


@pytest.mark.parametrize("secret", ["", "1", "not base32", "=" * 9])
async def test_damaged_secret_is_told_as_such(admin: Browser, secret: str) -> None:
    """What a form sends may be anything."""
    form = {"step": "on", "secret": secret, "code": "000000"}
    answer = await admin.send("/account/factor", form, of="/account")
    assert answer.status_code == 422


async def test_factor_is_turned_off_with_a_code(admin: Browser) -> None:
    """A browser left open is not enough for that."""
    secret = await turned_on(admin)
    form = {"step": "off", "code": "000000"}
    assert (await admin.send("/account/factor", form, of="/account")).status_code == 422
    form = {"step": "off", "code": code_of(secret)}
    answer = await admin.send("/account/factor", form, of="/account")
    assert answer.headers["location"] == "/account?notice=factor-off"


async def test_setup_link_is_the_way_back_in(admin: Browser) -> None:
    """Phone lost: the server's owner gets in, and the factor is off."""
    await turned_on(admin)
    path = f"/setup/{await users.make_setup_link(admin.site.box.store, admin.site.admin)}"
    form = {"email": "a@box.test", "password": "a new password", "again": "a new password"}
    async with open_browser(admin.site) as browser:
        assert (await browser.send(path, form)).status_code == 303
    assert await admin.site.box.store.second_factors.find(admin.site.admin.id) is None


def test_ticket_ends_and_can_not_be_altered() -> None:
    """Five minutes, this user, this browser."""
    key = b"k" * 32
    ticket = csrf.issue_ticket(key, "browser", "u1", 1000)
    assert csrf.read_ticket(key, "browser", ticket, 1299) == "u1"
    assert csrf.read_ticket(key, "browser", ticket, 1301) is None
    assert csrf.read_ticket(key, "other", ticket, 1000) is None
    assert csrf.read_ticket(key, "browser", ticket.replace("u1", "u2"), 1000) is None
    assert csrf.read_ticket(key, "browser", "nonsense", 1000) is None
    assert csrf.read_ticket(key, "", csrf.issue_ticket(key, "", "u1", 1000), 1000) is None
