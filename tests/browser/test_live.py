"""Pages that follow what happens, say when they can't, and work without any script at all."""

import re
import secrets
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import docker
import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.box import Box
from tests.browser.conftest import EMAIL, PASSWORD

pytestmark = [pytest.mark.engine, pytest.mark.slow]

SITE = {"index.html": "<h1>one</h1>"}


def log_in(page: Page) -> None:
    """Lets a browser in by the form."""
    page.goto("/login")
    page.get_by_label("Email").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(lambda url: "login" not in url)


def test_projects_follow_what_others_do(box: Box, open_page: Callable[..., Page]) -> None:
    """A deploy from elsewhere shows on an open page, without a reload and without losing focus."""
    box.create("elsewhere")
    page = open_page()
    page.goto("/")
    row = page.locator(".row", has_text="elsewhere.localhost")
    expect(row).to_contain_text("nothing deployed yet")
    page.evaluate("window.sameDocument = true")
    page.get_by_role("link", name="New project").focus()
    box.deploy("elsewhere", SITE)
    expect(row).to_contain_text("running")
    assert page.evaluate("window.sameDocument")
    expect(page.get_by_role("link", name="New project")).to_be_focused()


def test_replica_that_is_down_is_told_until_it_is_back(
    box: Box, open_page: Callable[..., Page]
) -> None:
    """Somebody kills one of two containers: an open page says so, and no more once it runs again."""
    project_id = box.create("twins")
    box.request("PATCH", "/v1/projects/twins/settings", {"replicas": 2})
    box.deploy("twins", SITE)
    page = open_page()
    with page.expect_response(re.compile("/events")):
        page.goto("/projects/twins")
    now = page.locator("#now")
    expect(now).to_contain_text("2 containers serve it")
    expect(now).not_to_contain_text("of 2 containers")
    with closing(docker.DockerClient(timeout=60)) as engine:
        found = engine.containers.list(filters={"label": f"sotabox.project={project_id}"})
        victim = max(found, key=lambda one: one.attrs["Created"])
        victim.kill()  # the engine does not start again what was killed by hand; the box does
        expect(now).to_contain_text("1 of 2 containers runs")
    expect(now).not_to_contain_text("of 2 containers", timeout=30_000)


def test_lost_connection_is_told_and_mends_by_itself(
    box: Box, open_page: Callable[..., Page]
) -> None:
    """While the box is away the page says since when; when it is back, it shows what it missed."""
    box.create("patient")
    page = open_page(expected="Failed to load resource|htmx:sse:error")
    with page.expect_response(re.compile("/events")):
        page.goto("/projects/patient")
    offline = page.locator("#offline")
    expect(offline).to_be_hidden()
    box.kill()
    try:
        expect(offline).to_contain_text("No connection since")
    finally:
        box.start()
    box.deploy("patient", SITE)
    expect(offline).to_be_hidden(timeout=30_000)
    expect(page.locator("#now")).to_contain_text("Went live")


def test_page_is_live_in_whatever_order_its_scripts_come(
    box: Box, open_page: Callable[..., Page]
) -> None:
    """On a slow line a page connects as well, when all of it is there."""
    box.create("slow")
    page = open_page()
    held: list[Route] = []
    page.route("**/vendor-htmx-sse.*", lambda route: held.append(route))  # noqa: PLW0108 - its form is asked
    page.goto("/projects/slow", wait_until="commit")
    page.wait_for_function("() => typeof htmx === 'object'")
    page.evaluate("new Promise((done) => setTimeout(done, 100))")
    with page.expect_response(re.compile("/events")):
        held[0].continue_()


def test_page_whose_first_connection_fails_tries_again(
    box: Box, open_page: Callable[..., Page]
) -> None:
    """A box that restarts in the very moment of a page's loading is found again."""
    box.create("unlucky")
    page = open_page(expected="Failed to load resource|htmx")
    failed = iter([True])
    page.route(
        "**/events?*",
        lambda route: (
            route.fulfill(status=502, content_type="text/html", body="<h1>away</h1>")
            if next(failed, False)
            else route.continue_()
        ),
    )
    page.goto("/projects/unlucky")
    offline = page.locator("#offline")
    expect(offline).to_contain_text("No connection since")
    expect(page.get_by_text("away")).to_have_count(0)
    expect(offline).to_be_hidden(timeout=15_000)
    box.deploy("unlucky", SITE)
    expect(page.locator("#now")).to_contain_text("Went live")


def test_ended_session_leads_to_the_login(
    box: Box,
    browser: Browser,
    admin: dict[str, Any],  # noqa: ARG001 - there is a login
    origin: str,
) -> None:
    """A page left open does not go on for somebody who was logged out elsewhere."""
    context = browser.new_context(base_url=origin)
    page = context.new_page()
    log_in(page)
    box.create("left-open")
    page.goto("/account")
    left_open = context.new_page()
    with left_open.expect_response(re.compile("/events")):
        left_open.goto("/projects/left-open")
    page.get_by_role("button", name=re.compile("this browser")).click()
    page.wait_for_url(re.compile("/login"))
    box.deploy("left-open", SITE)
    left_open.wait_for_url(re.compile("/login"))
    context.close()


def test_long_log_is_followed_until_one_scrolls_up(
    box: Box, open_page: Callable[..., Page]
) -> None:
    """New lines keep the end in sight; scrolled up, they wait and are counted."""
    box.create("talkative")
    unlike_others = f"ENV NONCE={secrets.token_hex(8)}"  # a cached step prints nothing
    talk = "RUN for n in $(seq 1 1200); do echo line $n; sleep 0.05; done"  # ended below
    files = {"Dockerfile": f"FROM python:3.13-slim\n{unlike_others}\n{talk}\n"}
    made = box.upload("talkative", files).data
    try:
        page = open_page()
        page.goto(f"/projects/talkative/deployments/{made['id']}")
        log = page.locator("#lines")
        expect(log.locator(".line").nth(60)).to_be_attached(timeout=60_000)
        page.wait_for_function(
            "() => { const { scrollHeight, scrollTop, clientHeight } = "
            "document.querySelector('#lines'); return scrollHeight - scrollTop - clientHeight < 24; }"
        )
        log.evaluate("lines => { lines.scrollTop = 0; }")
        follow = page.locator("[data-follow]")
        expect(follow).to_contain_text(re.compile(r"\d+ new lines"), timeout=30_000)
        assert log.evaluate("lines => lines.scrollTop") == 0
        follow.click()
        expect(follow).to_be_hidden()
        page.get_by_role("button", name="Cancel").click()
        expect(page.locator("#story .pill")).to_have_text(re.compile("stopped"), timeout=30_000)
    finally:
        box.request("DELETE", "/v1/projects/talkative")


def test_figures_come_by_themselves(box: Box, open_page: Callable[..., Page]) -> None:
    """An open page of an app that just went live draws its first figures when there are any."""
    box.create("measured")
    box.deploy("measured", SITE)
    page = open_page()
    page.goto("/projects/measured/metrics")
    expect(page.locator("#figures")).to_contain_text("Nothing was recorded in this time yet")
    expect(page.locator("#chart-memory")).to_contain_text("MB of", timeout=120_000)
    expect(page.locator("#chart-memory path.trace")).to_have_count(1)


def test_everything_works_without_scripts(
    box: Box, open_page: Callable[..., Page], tmp_path: Path
) -> None:
    """Create, upload, set a variable, reveal it, search the log, delete: by forms and links alone."""
    site = tmp_path / "site.zip"
    with zipfile.ZipFile(site, "w") as zipped:
        zipped.writestr("index.html", "<h1>plain</h1>")
    page = open_page(390, java_script_enabled=False)
    page.goto("/new")
    page.get_by_label("Name").fill("Plain")
    page.get_by_role("button", name="Create project").click()
    page.locator("#archive").set_input_files(site)
    page.locator("#deploy button").click()
    page.wait_for_url(re.compile(r"/deployments/[0-9a-f-]+$"))
    box.settled("plain", page.url.rpartition("/")[2])
    page.reload()
    expect(page.locator("#story .pill")).to_have_text(re.compile("running"))
    page.get_by_label("Search the log").first.fill("live at")
    page.get_by_label("Search the log").first.press("Enter")
    expect(page.locator("mark")).to_have_text("Live at")
    page.goto("/projects/plain/environment")
    page.get_by_label("Name").fill("COLOUR")
    page.get_by_label("Value").fill("blue")
    page.get_by_role("button", name="Set", exact=True).click()
    page.get_by_role("link", name="Reveal COLOUR").click()
    expect(page.locator("#variables")).to_contain_text("blue")
    page.goto("/projects/plain/settings")
    page.get_by_label("Type plain to delete it").fill("plain")
    page.get_by_role("button", name="Delete project").click()
    expect(page.get_by_text("The project was deleted")).to_be_visible()


def test_page_is_usable_with_the_keyboard(box: Box, open_page: Callable[..., Page]) -> None:
    """The first tab stop skips the menu; each stop is seen; a refused form goes on in its field."""
    box.create("keys")
    page = open_page()
    page.goto("/projects/keys")
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to the content")).to_be_focused()
    seen = set()
    for _ in range(25):
        page.keyboard.press("Tab")
        seen.add(page.evaluate("document.activeElement.textContent.trim().slice(0, 40)"))
        outline = page.evaluate(
            "(() => { const e = document.activeElement; const near = e.id ? "
            "document.querySelector(`label[for='${e.id}']`) : null;"
            " return [e, near].some(x => x && getComputedStyle(x).outlineStyle !== 'none')"
            " || e === document.body; })()"
        )
        assert outline, seen
    assert {"Overview", "Deployments", "Environment", "Settings"} <= seen
    page.goto("/projects/keys/settings")
    confirm = page.get_by_label("Type keys to delete it")
    confirm.fill("something else")
    confirm.press("Enter")
    expect(page.get_by_text("type keys to delete this project", exact=True)).to_be_in_viewport()
    expect(confirm).to_be_focused()


def test_search_is_a_key_away(box: Box, open_page: Callable[..., Page]) -> None:
    """From anywhere to a project with the keyboard alone; by its link, and without scripts, as well."""
    box.create("needle-in-hay")
    page = open_page()
    page.goto("/account")
    page.keyboard.press("Control+k")
    dialog = page.get_by_role("dialog", name="Search")
    expect(dialog.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("needle")
    expect(dialog.locator(".found[data-of=needle] a")).to_have_count(1)
    page.keyboard.press("ArrowDown")
    expect(dialog.get_by_role("link", name="needle-in-hay")).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.keyboard.press("/")
    expect(dialog.locator(".found[data-of=needle] a")).to_have_count(1)
    page.keyboard.press("Enter")
    page.wait_for_url("**/projects/needle-in-hay")
    plain = open_page(java_script_enabled=False)
    plain.goto("/account")
    plain.get_by_role("link", name="Search").click()
    plain.get_by_label("Projects, domains and pages").last.fill("needle")
    plain.get_by_role("button", name="Search").click()
    plain.get_by_role("link", name="needle-in-hay").click()
    plain.wait_for_url("**/projects/needle-in-hay")
