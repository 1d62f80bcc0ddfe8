from collections.abc import Callable

import pytest

from sotabox.router.files import RouterFiles
from sotabox.router.upstream import paused_target, waiting_target
from tests.integration.router.box import MakeApp, MakeBox

HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
JSON = {"Accept": "application/json"}


async def test_unknown_host_gets_a_plain_404(make_box: MakeBox) -> None:
    """A name that nobody has is told so, in the form the visitor reads, without echoing it."""
    box = make_box()
    await box.caddy.start([])
    host = {"Host": "nobody-has-this.example"}
    page = await box.client.get("/", headers=host | HTML)
    program = await box.client.get("/", headers=host | JSON)
    text = await box.client.get("/", headers=host)
    assert [page.status_code, program.status_code, text.status_code] == [404] * 3
    assert "<h1>Nothing lives at this address</h1>" in page.text
    assert program.json()["error"]["code"] == "unknown_host"
    assert text.headers["Content-Type"].startswith("text/plain")
    assert "nobody-has-this" not in page.text + program.text + text.text


async def test_app_that_is_down_gets_a_page_that_says_so(
    make_box: MakeBox, make_app: MakeApp
) -> None:
    """Visitors of an app that died learn that it is the app, after the time a restart may take."""
    box = make_box()
    app = await make_app()
    await box.point("shop", app.address)
    await box.caddy.start([box.route("shop")])
    await app.stop()
    page = await box.client.get("/", headers=box.at("shop") | HTML)
    program = await box.client.get("/", headers=box.at("shop") | JSON)
    assert page.status_code == program.status_code == 502
    assert page.headers["Retry-After"] == "10"
    assert "shop.localhost is known here" in page.text
    assert program.json()["error"]["code"] == "app_unavailable"
    assert box.caddy.pid is not None


async def test_app_without_an_upstream_file_gets_the_same_page(make_box: MakeBox) -> None:
    """A route that is there before its file shows no half-made error."""
    box = make_box()
    await box.caddy.start([box.route("shop")])
    page = await box.client.get("/", headers=box.at("shop"))
    assert page.status_code == 502
    assert page.text.startswith("The app does not answer.")


@pytest.mark.parametrize(
    ("target", "code", "words"),
    [
        (waiting_target, "not_deployed", "sotabox deploy"),
        (paused_target, "app_paused", "was stopped by its owner"),
    ],
)
async def test_project_that_runs_nothing_says_why(
    make_box: MakeBox, target: Callable[[RouterFiles], str], code: str, words: str
) -> None:
    """A new project says how to deploy, a stopped one that it was stopped; both to programs too."""
    box = make_box()
    await box.point("shop", target(box.settings.files))
    await box.caddy.start([box.route("shop")])
    page = await box.client.get("/any/path?x=1", headers=box.at("shop") | HTML)
    program = await box.client.post("/", headers=box.at("shop") | JSON, content=b"x")
    assert page.status_code == program.status_code == 503
    assert words in page.text
    assert "shop.localhost" in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert "style-src 'sha256-" in page.headers["Content-Security-Policy"]
    assert program.json()["error"]["code"] == code


async def test_control_plane_that_is_away_is_not_taken_for_an_app(make_box: MakeBox) -> None:
    """While sotabox restarts, its own address says that the apps go on."""
    box = make_box()
    await box.caddy.start([])
    for host in ("localhost", "api.localhost"):
        answer = await box.client.get("/", headers={"Host": host} | JSON)
        assert answer.status_code == 502
        assert answer.json()["error"]["code"] == "service_unavailable"


async def test_own_error_of_an_app_passes_untouched(make_box: MakeBox, make_app: MakeApp) -> None:
    """We speak only when the app can't: its own 502 is its own."""
    box = make_box()
    app = await make_app()
    await box.point("shop", app.address)
    await box.caddy.start([box.route("shop")])
    answer = await box.client.get("/my-own-502", headers=box.at("shop") | HTML)
    assert answer.status_code == 502
    assert answer.json()["app"] == "app"
    assert answer.headers["Server"] == "of-the-app"
