"""Each page at two widths, light and dark: no violation, nothing sideways, nothing heavy.

The screenshots are for people: `tests/screenshots/`, which Git ignores.
"""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.box import Box
from tests.browser import axe
from tests.browser.conftest import EMAIL, SCREENSHOTS
from tests.browser.figures import record

pytestmark = [pytest.mark.engine, pytest.mark.slow]

#: A check takes a second: each width and each scheme once covers layout and contrast.
CHECKED = {(390, "light"), (1440, "dark")}
WEIGHT_MAX_BYTES = 100_000
LOUD = """\
FROM python:3.13-slim
RUN echo "Warning: pip is old" && printf '\\033[32mgreen\\033[0m and \\033[1;31mred\\033[0m\\n'
RUN for n in $(seq 1 60); do echo "step $n of 60"; done; echo '<script>alert(1)</script>'
COPY server.py /server.py
CMD ["python", "/server.py"]
"""
BROKEN = "FROM python:3.13-slim\nRUN echo compiling && python -c 'import flask'\n"


@pytest.fixture(scope="module")
def paths(box: Box, app_files: dict[str, str], admin: dict[str, Any]) -> dict[str, str]:  # noqa: ARG001
    """Every page of the dashboard, with an app that has a history."""
    box.create("webshop")
    ran = box.deploy("webshop", app_files | {"Dockerfile": LOUD})
    box.request("POST", "/v1/projects/webshop/envs", {"key": "GREETING", "value": "hello"})
    box.request(
        "POST", "/v1/projects/webshop/envs", {"key": "DATABASE_URL", "value": "postgresql://x/y"}
    )
    box.again("webshop")
    failed = box.deploy("webshop", {"Dockerfile": BROKEN})
    box.request(
        "POST", "/v1/projects/webshop/envs", {"key": "QUOTED", "value": "\"><script>'x'</script>"}
    )
    box.request("POST", "/v1/projects/webshop/domains", {"domain": "shop.example.com"})
    invited = {"email": "grace@box.test", "role": "member"}
    grace = box.request("POST", "/v1/users", invited).data["id"]
    member = {"email": "grace@box.test", "role": "viewer"}
    box.request("POST", "/v1/projects/webshop/members", member)
    hook = {"url": "https://hooks.example.com/deploys", "events": ["deploy.failed"]}
    hook_id = box.request("POST", "/v1/projects/webshop/webhooks", hook).data["id"]
    box.request("POST", f"/v1/projects/webshop/webhooks/{hook_id}/ping")
    record(box, "webshop")
    box.create("not-yet")
    name = {"name": '<b>Bold & "quoted"</b> with a name that goes on for quite a while'}
    box.request("PATCH", "/v1/projects/not-yet", name)
    project = "/projects/webshop"
    return {
        "projects": "/",
        "new": "/new",
        "overview": project,
        "empty": "/projects/not-yet",
        "deployments": f"{project}/deployments",
        "deployment": f"{project}/deployments/{ran['id']}",
        "failed": f"{project}/deployments/{failed['id']}",
        "search": f"{project}/deployments/{ran['id']}?q=step",
        "logs": f"{project}/logs",
        "environment": f"{project}/environment",
        "text": f"{project}/environment/text",
        "domains": f"{project}/domains",
        "metrics": f"{project}/metrics",
        "no-metrics": "/projects/not-yet/metrics",
        "members": f"{project}/members",
        "webhooks": f"{project}/webhooks",
        "webhook": f"{project}/webhooks/{hook_id}",
        "settings": f"{project}/settings",
        "box": "/box",
        "disk": "/box/disk",
        "people": "/box/people",
        "person": f"/box/people/{grace}",
        "certificates": "/box/certificates",
        "backups": "/box/backups",
        "audit": "/box/audit",
        "updates": "/box/updates",
        "find": "/search?q=web",
        "account": "/account",
        "device": "/device?user_code=BCDF-GHJK",
        "reference": "/docs#put_env_var",
        "missing": "/projects/nothing-of-that-name",
    }


@pytest.fixture(scope="module")
def checker() -> str:
    return axe.source()


def fits(page: Page) -> bool:
    """Whether nothing makes the page wider than the window."""
    wide: bool = page.evaluate(
        "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    )
    return wide


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_pages_are_readable(
    paths: dict[str, str],
    checker: str,
    open_page: Callable[..., Page],
    width: int,
    scheme: str,
) -> None:
    """Everybody can read and use every page, on a phone and on a desk, by day and by night."""
    SCREENSHOTS.mkdir(exist_ok=True)
    page = open_page(width, scheme)
    problems = []
    for name, path in paths.items():
        page.goto(path)
        page.wait_for_load_state("load")
        # What a page asks for by itself once it is there replaces what asked.
        expect(page.locator("[data-hx-trigger=load]")).to_have_count(0, timeout=60_000)
        page.screenshot(path=SCREENSHOTS / f"{name}-{width}-{scheme}.png", full_page=True)
        if not fits(page):
            problems.append(f"{name}: wider than the window")
        if (width, scheme) in CHECKED:
            problems += [f"{name}: {violation}" for violation in axe.violations(page, checker)]
    page.goto(paths["account"])
    page.get_by_role("button", name="Set up a second factor").click()
    expect(page.locator("svg.qr")).to_be_visible()
    page.screenshot(path=SCREENSHOTS / f"factor-{width}-{scheme}.png", full_page=True)
    if not fits(page):
        problems.append("factor: wider than the window")
    if (width, scheme) in CHECKED:
        problems += [f"factor: {violation}" for violation in axe.violations(page, checker)]
    assert problems == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_login_is_readable(
    box: Box,
    admin: dict[str, Any],  # noqa: ARG001 - there is a login
    checker: str,
    open_page: Callable[..., Page],
    width: int,
    scheme: str,
) -> None:
    """The doors as well."""
    page = open_page(width, scheme, storage_state=None)
    for name, path in {"login": "/login", "setup": _setup_path(box)}.items():
        page.goto(path)
        page.screenshot(path=SCREENSHOTS / f"{name}-{width}-{scheme}.png")
        assert axe.violations(page, checker) == []
        assert fits(page)


def test_first_load_is_light(paths: dict[str, str], open_page: Callable[..., Page]) -> None:
    """Any page, with all that it is made of, comes over a slow line in no time."""
    for name in ("projects", "overview", "deployment", "logs", "metrics", "settings", "box"):
        page = open_page()
        page.goto(paths[name])
        page.wait_for_load_state("load")
        sizes: dict[str, int] = page.evaluate(_SIZES)
        print(name, sum(sizes.values()))
        assert 10_000 < sum(sizes.values()) < WEIGHT_MAX_BYTES, (name, sizes)


_SIZES = """() => Object.fromEntries(
  ['navigation', 'resource'].flatMap((kind) => performance.getEntriesByType(kind))
    .filter((entry) => !entry.name.includes('/events'))
    .map((entry) => [entry.name, entry.transferSize]))"""


def _setup_path(box: Box) -> str:
    link = box.command("user", "setup-link", "--user", EMAIL).strip()
    return f"/setup/{link.rpartition('/')[2]}"
