"""Every page of the dashboard in a real browser, on a box whose every text is hostile."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.box import Box, running_box
from tests.browser.hostile_box import Marks, fill, receiving
from tests.dashboard_routes import dashboard_routes
from tests.machine import git_server

pytestmark = [pytest.mark.engine, pytest.mark.slow]

#: Pages of who is not logged in; and what is no page.
ELSEWHERE = {"/login", "/setup/{token}", "/static/{name}"}
STREAMS = {"/events", "/projects/{project}/logs/events"} | {
    "/projects/{project}/deployments/{deployment}/events"
}
#: They come as files.
LOGS = {"/projects/{project}/logs/text", "/projects/{project}/deployments/{deployment}/log"}

#: What the dashboard does not show: names of partners and registries, what a webhook's receiver
#: answered, a repository's directory.
UNSHOWN = {"partner", "login", "said", "folder"}

#: What a hostile text would do to a page that takes it for markup.
_WATCH = """
window.seen = [];
window.pwned = () => seen.push('a script ran');
addEventListener('securitypolicyviolation', (event) =>
  seen.push(`the policy stopped ${event.violatedDirective} ${event.sample || event.blockedURI}`));
window.foreign = (root) => [...root.querySelectorAll('*')].filter((element) =>
    element.matches('[pwned], img, iframe, object, embed, base, style, script:not([src])')
    || [...element.attributes].some(({name, value}) =>
        /^on|^hx-on|^data-hx-(on|vals)/.test(name) || /^\\s*(javascript|data):/i.test(value)))
  .map((element) => element.outerHTML.slice(0, 200));
"""
#: All that a page says: its text, what its fields hold, and what is read out.
_SAYS = """() => [document.title, document.body.textContent,
  ...[...document.querySelectorAll('*')].flatMap((element) =>
    [element.value, ...[...element.attributes].map((attribute) => attribute.value)])]
  .filter((text) => typeof text === 'string').join('\\n')"""
#: Sends every form that has a field for text with a hostile text in each, and looks at the answers.
_SEND = """async (text) => {
  const found = [];
  for (const form of document.querySelectorAll('form[method=post]')) {
    const fields = [...form.querySelectorAll(
      'input:not([type]), input[type=text], input[type=email], input[type=url], '
      + 'input[type=search], input[type=password], textarea')];
    if (!fields.length || form.matches('[data-deploy]')) continue;
    for (const field of fields) field.value = field.type === 'email' ? text + '@box.test' : text;
    const answer = await fetch(form.action, {method: 'POST', body: new URLSearchParams(new FormData(form))});
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    found.push({
      action: new URL(form.action).pathname,
      status: answer.status,
      again: (page.documentElement.textContent + [...page.querySelectorAll('input, textarea')]
        .map((field) => field.value).join()).includes(text),
      foreign: foreign(page),
    });
  }
  return found;
}"""


@pytest.fixture(scope="module")
def box(python_base: str, docker_host: str) -> Iterator[Box]:  # noqa: ARG001 - they are there then
    """A box that may fetch from, and report to, what the test runs beside it."""
    with running_box(private_sources="true", webhook_private="true") as box:
        yield box


@pytest.fixture(scope="module")
def marks() -> Marks:
    """Every hostile text of the box."""
    return Marks()


@pytest.fixture(scope="module")
def ids(box: Box, marks: Marks, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What was made of them."""
    with (
        git_server.running(tmp_path_factory.mktemp("git")) as server,
        receiving(marks.text("said")) as receiver,
    ):
        return fill(box, server, receiver, marks)


PAGES = dashboard_routes("GET") - ELSEWHERE - STREAMS - LOGS


def pages(ids: dict[str, str], text: str) -> list[str]:
    """Every page, with what was made and with a hostile text in what an address may say."""
    asked = quote(text, safe="")
    filled = [path.format_map(_Known(ids)) for path in sorted(PAGES)]
    base = "/projects/hostile"
    return [
        *filled,
        *(f"{base}/deployments/{ids[name]}" for name in ("crashed", "fetched")),
        *(f"/projects/settings/deployments/{ids[name]}" for name in ("astray", "unstarted")),
        "/projects/settings/settings",
        f"{base}/environment?reveal=VALUE",
        f"{base}/environment?reveal={asked}",
        f"{base}/logs?q={asked}&search={asked}&find={asked}&tail={asked}",
        f"{base}/deployments/{ids['deployment']}?q={asked}",
        f"/search?q={asked}",
        f"/box/audit?who={asked}&what={asked}&before={asked}",
        f"/device?user_code={asked}",
        f"/?notice={asked}&q={asked}",
        f"/{asked}",
        f"/projects/{asked}",
        f"{base}/metrics?span={asked}&window={asked}",
    ]


class _Known(dict[str, str]):
    """The ids, and a hostile text for every other part of a path."""

    def __init__(self, ids: dict[str, str]) -> None:
        super().__init__(ids, project="hostile")

    def __missing__(self, name: str) -> str:
        return quote("'\"><b pwned>", safe="")


@pytest.fixture
def page(open_page: Callable[..., Page], request: pytest.FixtureRequest) -> Page:
    """A page that tells what was done to it; with options of `open_page`."""
    page = open_page(**getattr(request, "param", {}))
    page.context.add_init_script(_WATCH)
    page.on("dialog", lambda dialog: dialog.dismiss())
    return page


def troubles(page: Page) -> list[str]:
    """What was done to the page since it was loaded."""
    found: list[str] = page.evaluate("[...seen, ...foreign(document)]")
    return found


def test_text_is_text_on_every_page(page: Page, ids: dict[str, str], marks: Marks) -> None:
    """No script runs, no element is made, and what was typed is read as it was typed."""
    text = "asked" + marks.made["project"].removeprefix("project")
    unread = dict(marks.made)
    for path in pages(ids, text):
        page.goto(path)
        expect(page.locator("[data-hx-trigger=load]")).to_have_count(0, timeout=60_000)
        assert troubles(page) == [], path
        said = page.evaluate(_SAYS)
        unread = {name: mark for name, mark in unread.items() if mark not in said}
    assert unread.keys() == UNSHOWN


@pytest.mark.usefixtures("ids")
def test_new_lines_of_a_log_are_text(page: Page, marks: Marks) -> None:
    """What comes while one looks is put into the page by a script, and is text as well."""
    page.goto("/projects/hostile/logs")
    lines = page.locator("#lines .line")
    before = lines.count()
    expect(lines.nth(before + 1)).to_contain_text(marks.made["print"], timeout=60_000)
    assert troubles(page) == []


def test_form_that_comes_back_holds_text(page: Page, ids: dict[str, str], marks: Marks) -> None:
    """A refused form shows again what was typed, and what was wrong with it."""
    text = "typed" + marks.made["project"].removeprefix("project")
    answered: list[dict[str, Any]] = []
    for path in sorted(PAGES):
        page.goto(path.format_map(_Known(ids)))
        answered += page.evaluate(_SEND, text)
    assert [each for each in answered if each["foreign"] or each["status"] >= 500] == []
    assert sum(each["again"] for each in answered) > 8, answered
    assert troubles(page) == []


@pytest.mark.usefixtures("ids")
def test_nothing_of_it_reaches_caddy(box: Box) -> None:
    """Its document would put variables of the environment where a text has braces."""
    socket = str(box.directory / "router/run/admin.sock")
    with httpx.Client(transport=httpx.HTTPTransport(uds=socket)) as caddy:
        document = caddy.get("http://localhost/config/").text
    assert "hostile.localhost" in document
    assert "pwned" not in document
    for domain in ("{env.HOME}.example.com", "a.example.com{env.HOME}", "{file./etc/passwd}"):
        for body in ({"domain": domain}, {"domain": "b.example.com", "redirect_to": domain}):
            assert box.request("POST", "/v1/projects/hostile/domains", body).status == 422, body


@pytest.mark.usefixtures("ids")
def test_sources_are_no_commands(box: Box, tmp_path: Path) -> None:
    """Neither Git nor a shell takes an address, a branch, a directory or an image for an order."""
    made = tmp_path / "made"
    texts = [
        f"; touch {made}",
        f"$(touch {made})",
        f"`touch {made}`",
        f"--upload-pack=touch {made}",
        f"--upload-pack=touch${{IFS}}{made}",
        f"--output={made}",
        f"ext::sh -c touch% {made}",
        f"|touch {made}",
        "-c core.sshCommand=id",
        "a\n--exec=id",
        "HEAD:../../etc",
    ]
    with git_server.running(tmp_path) as server:
        server.commit("public/app", {"README": "x"})
        given = {"git": server.url("public/app")}
        bodies = [given | {name: text} for text in texts for name in ("git", "ref", "directory")]
        bodies += [given | {"git": f"{given['git']}/{text}"} for text in texts]
        for body in [*bodies, *({"image": text} for text in texts)]:
            answer = box.request("POST", "/v1/projects/hostile/deploy", body)
            assert answer.status in {202, 422}, (body, answer.body)
            if answer.status == 202:
                assert box.settled("hostile", answer.data["id"])["status"] == "failed", body
    assert not made.exists()


@pytest.mark.parametrize("page", [{"expected": "Content Security"}], ids=[""], indirect=True)
def test_markup_in_a_page_would_be_seen_and_could_not_run(page: Page) -> None:
    """The watch of this file sees what it looks for; and where escaping failed, the policy holds."""
    page.goto("/account")
    assert troubles(page) == []
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src onerror=pwned()>')")
    page.wait_for_function("() => seen.length > 0")
    assert [trouble.split()[:3] for trouble in troubles(page)] == [
        ["the", "policy", "stopped"],
        ["<img", 'src=""', 'onerror="pwned()">'],
    ]
