import base64
import hashlib
import json
import re

import pytest

from sotabox.assets import folder
from sotabox.router.pages import HOST, Page, PageKind, page_route, render_pages


@pytest.fixture(scope="module")
def rendered() -> dict[PageKind, Page]:
    frame = (folder("templates") / "errors" / "page.html").read_text(encoding="utf-8")
    return render_pages(frame, "https://example.com")


@pytest.mark.parametrize("kind", PageKind)
def test_page_every_form_says_the_same(kind: PageKind, rendered: dict[PageKind, Page]) -> None:
    """A browser, a program and a person with curl learn the same."""
    page = rendered[kind]
    error = json.loads(page.json)["error"]
    title = page.text.partition(".")[0]
    assert error.keys() == {"code", "message", "hint"}
    assert error["message"].startswith(title)
    assert error["hint"] in page.text
    assert f"<h1>{title}</h1>" in page.html


@pytest.mark.parametrize("kind", PageKind)
def test_page_html_is_whole_and_loads_nothing(
    kind: PageKind, rendered: dict[PageKind, Page]
) -> None:
    """The page works without a network, and nothing of its frame is left to be filled."""
    page = rendered[kind].html
    assert "$" not in page
    assert not re.search(r"(src|href|url)\s*[=(]", page)
    assert not re.search(r"<script|\son\w+=", page)


def test_page_style_is_allowed_by_its_digest(rendered: dict[PageKind, Page]) -> None:
    """The content security policy lets this style through and no other."""
    page = rendered[PageKind.PAUSED]
    style = page.html.partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert page.style_digest == digest
    policy = page_route(page)["handle"][0]["routes"][0]["handle"][0]["headers"]
    assert f"'sha256-{digest}'" in policy["Content-Security-Policy"][0]


def test_unknown_host_is_never_echoed(rendered: dict[PageKind, Page]) -> None:
    """A name that the visitor made up does not come back inside our page."""
    page = rendered[PageKind.UNKNOWN_HOST]
    assert HOST not in page.html + page.text + page.json


def test_waiting_page_says_how_to_deploy(rendered: dict[PageKind, Page]) -> None:
    """Whoever made a project reads the two commands that fill it, with this box's address."""
    page = rendered[PageKind.WAITING]
    for form in (page.html, page.text):
        assert "sotabox login https://example.com" in form
        assert "sotabox deploy" in form
    assert 'http-equiv="refresh"' in page.html
