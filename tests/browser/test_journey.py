"""A person runs an app from the browser, from nothing to the end of it."""

import json
import re
import zipfile
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.box import Box, archive

pytestmark = [pytest.mark.engine, pytest.mark.slow]

HOSTILE = """<script>document.title='owned'</script> "quoted" &amp;"""

_DROP = """([name, bytes]) => {
  const data = new DataTransfer();
  data.items.add(new File([new Uint8Array(bytes)], name));
  document.querySelector('#deploy').dispatchEvent(
    new DragEvent('drop', {dataTransfer: data, bubbles: true, cancelable: true}));
}"""


def drop(page: Page, name: str, content: bytes) -> None:
    """Drops a file onto the page, as a hand would."""
    page.evaluate(_DROP, [name, list(content)])


def settled(page: Page, word: str) -> None:
    """Waits until the deployment on the page says so, without loading it anew."""
    pill = page.locator("#story .pill")
    expect(pill).to_have_text(re.compile(word), timeout=60_000)


def test_empty_box_has_the_example_one_click_away(box: Box, open_page: Callable[..., Page]) -> None:
    """Who has nothing to deploy yet sees the whole way, from a button to a live page."""
    page = open_page(390)
    page.goto("/")
    page.get_by_role("button", name="Deploy the example").click()
    page.wait_for_url(re.compile(r"/projects/hello/deployments/[0-9a-f-]+$"))
    settled(page, "running")
    assert box.visit("hello").status == 200


def test_app_from_first_drop_to_deletion(
    box: Box, open_page: Callable[..., Page], app_files: dict[str, str]
) -> None:
    """Create, drop, watch, open, set a variable, redeploy, break, read why, roll back, delete."""
    page = open_page()
    page.goto("/new")
    page.get_by_label("Name").fill("Journey")
    page.get_by_role("button", name="Create project").click()
    expect(page.get_by_role("heading", name="Journey")).to_be_visible()
    expect(page.locator("#now")).to_contain_text("Nothing is deployed yet")

    shouting = app_files["Dockerfile"] + f"RUN echo '{HOSTILE}' && sleep 1 && echo last line\n"
    drop(page, "app.tar.gz", archive(app_files | {"Dockerfile": shouting}))
    page.wait_for_url(re.compile(r"/projects/journey/deployments/[0-9a-f-]+$"))
    settled(page, "running")
    expect(page.locator(".head")).to_contain_text("app.tar.gz")
    log = page.locator("#lines")
    expect(log).to_contain_text("<script>document.title='owned'</script>")
    expect(log).to_contain_text("Live at http://journey.localhost")
    assert "owned" not in page.title()
    expect(page.locator(".phases li")).not_to_have_count(0)
    numbers = page.locator("#lines .line a").all_inner_texts()
    assert numbers == [str(n + 1) for n in range(len(numbers))], "each line once, in order"
    first = page.url

    with page.expect_popup() as opened:
        page.get_by_role("link", name=re.compile(r"journey\.localhost")).click()
    expect(opened.value.locator("body")).to_contain_text('"size": 0')
    opened.value.close()

    page.get_by_role("link", name="Journey", exact=True).click()
    page.get_by_role("link", name="Environment").click()
    page.get_by_label("Name").fill("RELEASE")
    page.get_by_label("Value").fill(HOSTILE)
    page.get_by_label("When").select_option("run only")
    page.get_by_role("button", name="Set", exact=True).click()
    expect(page.locator("#changed")).to_contain_text("does not know of it")
    expect(page.locator("#variables")).not_to_contain_text("owned")
    page.get_by_role("link", name="Reveal RELEASE").click()
    expect(page.locator("#variables")).to_contain_text(HOSTILE)
    page.locator("#changed").get_by_role("button", name="Redeploy").click()
    page.wait_for_url(re.compile(r"/deployments/[0-9a-f-]+$"))
    settled(page, "running")
    assert json.loads(box.visit("journey").body)["app"] == HOSTILE

    page.goto("/projects/journey")
    broken = app_files | {"server.py": "print('no such table: orders')\nraise SystemExit(3)\n"}
    drop(page, "app.tar.gz", archive(broken))
    page.wait_for_url(re.compile(r"/deployments/[0-9a-f-]+$"))
    settled(page, "failed")
    failure = page.locator(".failure")
    expect(failure).to_contain_text("exited with code 3")
    expect(failure).to_contain_text("no such table: orders")
    expect(page.locator(".answer")).to_contain_text("serves")
    assert box.visit("journey").status == 200

    page.goto(first)
    page.get_by_role("button", name="Roll back to it").click()
    page.wait_for_url(re.compile(r"/deployments/[0-9a-f-]+$"))
    settled(page, "running")
    expect(page.locator("#story")).to_contain_text("rollback to 1")
    expect(page.locator("#story")).to_contain_text("0 lost")

    page.get_by_role("link", name="Journey", exact=True).click()
    page.get_by_role("button", name="Pause").click()
    expect(page.locator("#now")).to_contain_text("Paused")
    assert box.visit("journey").status == 503
    page.get_by_role("button", name="Resume").click()
    page.wait_for_url(re.compile(r"/deployments/[0-9a-f-]+$"))
    settled(page, "running")
    assert box.visit("journey").status == 200

    page.get_by_role("link", name="Journey", exact=True).click()
    page.get_by_role("link", name="Domains").click()
    page.get_by_label("Domain", exact=True).fill("journey.example.com")
    page.get_by_role("button", name="Add", exact=True).click()
    domain = page.locator("#domains article")
    expect(domain).to_contain_text("Set this at the registrar of example.com")
    expect(domain).to_contain_text("journey.localhost")
    domain.get_by_role("button", name="Remove").click()
    expect(page.locator("#domains")).to_contain_text("No domains of your own yet")

    page.get_by_role("link", name="Settings").click()
    page.get_by_label("Port").fill("none")
    page.get_by_role("button", name="Save settings").click()
    expect(page.get_by_label("Port")).to_have_accessible_description("use a whole number")
    page.get_by_label("Port").fill("")
    page.get_by_label("Health path").fill("/health")
    page.get_by_role("button", name="Save settings").click()
    expect(page.get_by_text("The settings were saved")).to_be_visible()
    expect(page.get_by_label("Health path")).to_have_value("/health")
    page.get_by_label("Type journey to delete it").fill("something else")
    page.get_by_role("button", name="Delete project").click()
    expect(page.get_by_text("type journey to delete this project")).to_be_visible()
    page.get_by_label("Type journey to delete it").fill("journey")
    page.get_by_role("button", name="Delete project").click()
    expect(page.get_by_text("The project was deleted")).to_be_visible()
    assert box.visit("journey").status == 404


def test_folder_is_packed_in_the_browser(
    box: Box, open_page: Callable[..., Page], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A folder with long paths, and with what never belongs into an archive, becomes a site."""
    root = tmp_path_factory.mktemp("site")
    deep = root / "/".join(["a-folder-with-a-long-name"] * 5)
    deep.mkdir(parents=True)
    (root / "index.html").write_text("<h1>packed here</h1>")
    (deep / "grüße.txt").write_text("far down")
    (root / "node_modules").mkdir()
    (root / "node_modules" / "junk.js").write_text("junk")
    box.create("folder")
    page = open_page()
    page.goto("/projects/folder")
    page.locator("#folder").set_input_files(root)
    page.wait_for_url(re.compile(r"/deployments/[0-9a-f-]+$"))
    settled(page, "running")
    expect(page.locator(".head")).to_contain_text(f"folder {root.name}")
    assert b"packed here" in box.visit("folder").body
    path = f"/{deep.relative_to(root).as_posix()}/gr%C3%BC%C3%9Fe.txt"
    assert box.visit("folder", path).body == b"far down"
    assert box.visit("folder", "/node_modules/junk.js").status == 404


def test_zip_is_a_way_to_deploy_as_well(
    box: Box, open_page: Callable[..., Page], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """What people have on their desk is a .zip."""
    path = tmp_path_factory.mktemp("zip") / "site.zip"
    with zipfile.ZipFile(path, "w") as zipped:
        zipped.writestr("index.html", "<h1>zipped</h1>")
    box.create("zipped")
    page = open_page()
    page.goto("/projects/zipped")
    page.locator("#archive").set_input_files(path)
    page.wait_for_url(re.compile(r"/deployments/[0-9a-f-]+$"))
    settled(page, "running")
    assert b"zipped" in box.visit("zipped").body


def test_upload_that_is_no_archive_is_told_in_its_place(
    box: Box, open_page: Callable[..., Page]
) -> None:
    """The page stays, and says above the form what was wrong with the file."""
    box.create("noarchive")
    page = open_page()
    page.goto("/projects/noarchive")
    drop(page, "app.tar.gz", b"this is no archive")
    expect(page.locator("[data-error]")).to_contain_text("not gzip")
    assert page.url.endswith("/projects/noarchive")
