"""A box, and a browser that was let into it, for all browser tests of a run."""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.box import Box, running_box
from tests.browser.namespace import namespace

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
EMAIL, PASSWORD = "ada@box.test", "correct horse battery"
WIDTHS = {390: 844, 1440: 900}
SCREENSHOTS = Path(__file__).parent.parent / "screenshots"
_APP = Path(__file__).parent.parent / "appliance" / "app"


@pytest.fixture(scope="session")
def app_files(python_base: str) -> dict[str, str]:  # noqa: ARG001 - it is there then
    """The test app; its base image is there."""
    return {name: (_APP / name).read_text(encoding="utf-8") for name in ("Dockerfile", "server.py")}


@pytest.fixture(scope="module")
def box(docker_host: str) -> Iterator[Box]:  # noqa: ARG001 - its end tells what was left
    """One box for all: each test makes a project of its own."""
    with running_box() as box:
        yield box


@pytest.fixture(scope="module")
def origin(box: Box) -> str:
    """Where the dashboard is, through Caddy."""
    return f"http://localhost:{box.port}"


@pytest.fixture(scope="module")
def browser(box: Box, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Chromium, from where only the box can be reached."""
    with namespace() as network, sync_playwright() as playwright:
        network.expose(box.port)
        program = network.program(CHROMIUM, tmp_path_factory.mktemp("browser"))
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()


class Watched:
    """A page, and what its browser complained about: errors of scripts, and what the policy kept."""

    def __init__(self, page: Page, expected: str) -> None:
        self._expected = re.compile(expected)
        self.complaints: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self._on_console)

    def _on_console(self, message: Any) -> None:
        serious = message.type in {"error", "warning"}
        if serious and not self._expected.search(message.text):
            self.complaints.append(message.text)


@pytest.fixture(scope="module")
def admin(box: Box, browser: Browser, origin: str) -> dict[str, Any]:
    """The cookies of the admin, who was let in as on a first run: by a setup link."""
    link = box.command("user", "setup-link").strip()
    context = browser.new_context()
    page = context.new_page()
    page.goto(link)
    page.get_by_label("Email").fill(EMAIL)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("The same password again").fill(PASSWORD)
    page.get_by_role("button", name="Set login").click()
    page.wait_for_url(re.compile(re.escape(origin) + r"/(\?.*)?$"))
    state: dict[str, Any] = context.storage_state()  # type: ignore[assignment]
    context.close()
    return state


@pytest.fixture
def open_page(
    browser: Browser, admin: dict[str, Any], origin: str
) -> Iterator[Callable[..., Page]]:
    """Opens a page as the admin; the end of the test looks at what the browser complained about."""
    contexts: list[BrowserContext] = []
    watched: list[Watched] = []

    def open_(
        width: int = 1440, scheme: str = "light", expected: str = "status of 4", **options: Any
    ) -> Page:
        context = browser.new_context(
            **{
                "viewport": {"width": width, "height": WIDTHS[width]},
                "color_scheme": scheme,
                "storage_state": admin,
                "base_url": origin,
                **options,
            }
        )
        context.set_default_timeout(15_000)
        contexts.append(context)
        page = context.new_page()
        watched.append(Watched(page, expected))
        return page

    yield open_
    for context in contexts:
        context.close()
    assert [complaint for one in watched for complaint in one.complaints] == []
