"""A project's pages: figures, settings, members, webhooks, and who may do what on them."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from sotabox.dashboard.setting_fields import FIELDS as FORM_FIELDS
from sotabox.model.deployment import Status
from sotabox.model.environment import Target
from sotabox.model.project import Project
from sotabox.model.project_settings import FIELDS
from sotabox.model.sample import Sample
from sotabox.model.swap import SwapReport
from sotabox.model.user import Role
from tests.unit.dashboard.conftest import Browser, let_in

_VIEW = ("", "/deployments", "/domains", "/metrics", "/members", "/webhooks", "/settings")
_ACTIONS = (
    "/pause", "/resume", "/restart", "/redeploy", "/rollback", "/deploy/git", "/deploy/image",
    "/settings", "/settings/change", "/delete", "/environment", "/members", "/webhooks",
)  # fmt: skip


@pytest.fixture
def engine_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether Docker answers is another test's matter."""

    async def there(_: Any) -> None:
        """It does."""

    monkeypatch.setattr("sotabox.pipeline.pipeline.Pipeline.require_engine", there)


async def served(browser: Browser, project: Project) -> str:
    """A deployment of a project that serves."""
    store = browser.site.box.store
    made = await browser.site.deployment(project)
    moment = "2026-03-01T12:00:00.000Z"
    await store.deployments.advance(made.id, Status.BUILDING)
    await store.deployments.advance(made.id, Status.BUILT, image_id="sha256:1", port=8080)
    await store.deployments.advance(made.id, Status.DEPLOYING)
    await store.deployments.advance_to_running(made.id, phases={"swap": 3}, url="shop.box.test")
    report = SwapReport(started_at=moment, ended_at=moment, switch_ms=3, requests=1204, lost=0)
    await store.deployments.record_swap(made.id, report)
    return made.id


async def sampled(browser: Browser, project: Project) -> None:
    sample = Sample(
        project_id=project.id, seconds=30.0, cpu_ms=3000, memory_bytes=64_000_000, ok=7,
        within=(7,) * 11,
    )  # fmt: skip
    await browser.site.box.store.samples.add(int(time.time()) - 60, [sample])


async def test_metrics_show_what_was_recorded(admin: Browser) -> None:
    """Each span is a link; the figures stand in words and in a table beside the pictures."""
    project = await admin.site.project("shop")
    await served(admin, project)
    await sampled(admin, project)
    for span in ("hour", "day", "week", "nonsense"):
        page = (await admin.get(f"/projects/shop/metrics?span={span}")).text
        assert page.count("<svg viewBox") == 5, span
        assert "7 requests" in page
        assert "64.0 MB of 512.0 MB" in page
        assert "<td>64.0 MB</td>" in page
    assert 'style="' not in page


async def test_metrics_without_figures_say_what_to_do(admin: Browser) -> None:
    """An empty page is no broken one: it says whether to deploy, or to wait a minute."""
    project = await admin.site.project("shop")
    assert "Deploy something" in (await admin.get("/projects/shop/metrics")).text
    await served(admin, project)
    page = (await admin.get("/projects/shop/metrics")).text
    assert "a minute after the app went live" in page
    assert "<svg viewBox" not in page


async def test_list_asks_for_the_figures_of_all_projects_at_once(
    admin: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hundred projects make no hundred queries."""
    for slug in ("one", "two", "three"):
        project = await admin.site.project(slug)
        await served(admin, project)
        await sampled(admin, project)
    database = admin.site.box.store.database
    asked: list[str] = []
    for name in ("all", "find_all"):
        find = getattr(database, name)

        async def counted(sql: str, *values: Any, find: Any = find) -> Any:
            asked.append(sql)
            return await find(sql, *values)

        monkeypatch.setattr(database, name, counted)
    page = (await admin.get("/")).text
    assert page.count("<svg viewBox") == 6
    assert sum("samples" in sql for sql in asked) == 1


def test_form_of_settings_has_every_setting() -> None:
    """What the API can set, a person can."""
    assert {field.name for field in FORM_FIELDS} == set(FIELDS)


async def test_settings_are_set_and_given_back(admin: Browser) -> None:
    """An empty field is as the box says; the others are what was typed."""
    project = await admin.site.project("shop")
    form = {
        "port": "3000",
        "health_path": "/up",
        "guard_5xx_percent": "2.5",
        "builder": "dockerfile",
    }
    path = "/projects/shop/settings"
    answer = await admin.send(f"{path}/change", form, of=path)
    assert answer.headers["location"] == f"{path}?notice=set"
    own = await admin.site.box.store.project_settings.of(project.id)
    assert (own.port, own.health_path, own.guard_5xx_percent, own.builder) == (
        3000, "/up", 2.5, "dockerfile",
    )  # fmt: skip
    await admin.send(f"{path}/change", form | {"port": ""}, of=path)
    own = await admin.site.box.store.project_settings.of(project.id)
    assert (own.port, own.health_path) == (None, "/up")


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("port", "eighty", "use a whole number"),
        ("cpus", "much", "use a number, such as 0.5"),
        ("cpus", "nan", "use 0.01 to 512"),
        ("port", "70000", "use 1 to 65535"),
        ("health_path", "up", "begin with"),
    ],
)
async def test_setting_that_can_not_be_is_told_beside_its_field(
    admin: Browser, field: str, value: str, problem: str
) -> None:
    """Nothing is set, what was typed stays, and the field says what it takes."""
    project = await admin.site.project("shop")
    path = "/projects/shop/settings"
    form = {"start_command": "run me", field: value}
    answer = await admin.send(f"{path}/change", form, of=path)
    assert answer.status_code == 422
    assert f'id="{field}-note">{problem}' in answer.text
    assert f'value="{value}"' in answer.text
    own = await admin.site.box.store.project_settings.of(project.id)
    assert own.start_command is None


async def test_variable_is_there_when_it_was_said_to_be(admin: Browser) -> None:
    """For builds only, for the app only, or for both; another value alone changes none of that."""
    project = await admin.site.project("shop")
    path = "/projects/shop/environment"
    await admin.send(path, {"key": "TOKEN", "value": "x", "target": "build"})
    await admin.send(path, {"key": "TOKEN", "value": "y", "target": ""})
    (variable,) = await admin.site.box.store.env_vars.of_project(project.id)
    assert (variable.value, variable.target) == ("y", Target.BUILD)
    assert "build only" in (await admin.get(path)).text


async def test_who_reads_values_is_in_the_audit_log(admin: Browser) -> None:
    """One revealed, or all as text: both are noted; a page without values is not."""
    project = await admin.site.project("shop")
    store = admin.site.box.store
    await store.env_vars.upsert(project.id, "KEY", "secret", 10)
    path = "/projects/shop/environment"
    await admin.get(path)
    await admin.get(f"{path}?reveal=KEY")
    await admin.get(f"{path}?reveal=KEY", headers={"hx-source": "div#refresh"})
    await admin.get(f"{path}/text")
    noted = [
        (entry.actor, entry.target)
        for entry in await store.audit.page(None, 100)
        if entry.action == "reveal_env_vars"
    ]
    email = admin.site.admin.email
    assert noted == [(email, {"project": "shop"}), (email, {"project": "shop", "key": "KEY"})]


async def test_hint_names_what_the_running_release_does_not_know(admin: Browser) -> None:
    """By name, never by value; and it is gone when all is as it was."""
    project = await admin.site.project("shop")
    store = admin.site.box.store
    await store.env_vars.upsert(project.id, "KEPT", "v1", 10)
    kept = await store.env_vars.of_project(project.id)
    digest = await store.env_snapshots.keep(project.id, kept)
    running = await served(admin, project)
    await store.deployments.record(running, env_digest=digest)
    await admin.send("/projects/shop/environment", {"key": "NEW", "value": "s3cret"})
    for path in ("", "/environment"):
        page = (await admin.get(f"/projects/shop{path}")).text
        assert "1 variable changed" in page
        assert "does not know of it: <code>NEW</code>." in page
        assert "s3cret" not in page
    form = {"key": "NEW"}
    await admin.send("/projects/shop/environment/delete", form, of="/projects/shop/environment")
    assert "does not know" not in (await admin.get("/projects/shop")).text


async def test_deployment_tells_what_it_cost_and_brought(admin: Browser) -> None:
    """Requests while switching, and how the image and variables differ from what served before."""
    project = await admin.site.project("shop")
    store = admin.site.box.store
    await served(admin, project)
    second = await served(admin, project)
    await store.deployments.record(second, image_bytes=84_200_000)
    page = (await admin.get(f"/projects/shop/deployments/{second}")).text
    assert "1,204 requests meanwhile, 0 lost" in page
    assert "0 of 1,204 requests lost" in page
    assert "84.2 MB" in page
    assert "as deployment 1" in page


async def test_rollback_can_take_the_variables_of_then(admin: Browser) -> None:
    """Who chooses them gets them, or is told that they are not kept."""
    project = await admin.site.project("shop")
    first = await served(admin, project)
    await served(admin, project)
    form = {"to": first, "env": "release"}
    answer = await admin.send("/projects/shop/rollback", form, of="/projects/shop/settings")
    assert answer.status_code == 409
    assert "variables of deployment 1 are not kept" in answer.text


@pytest.mark.usefixtures("engine_is_there")
async def test_source_that_can_not_be_is_told_beside_its_field(admin: Browser) -> None:
    """The form comes back open, with what was typed, but never with the token."""
    await admin.site.project("shop")
    form = {"git": "git@host:app.git", "ref": "main", "token": "s3cret"}
    answer = await admin.send("/projects/shop/deploy/git", form, of="/projects/shop")
    assert answer.status_code == 422
    assert 'id="git-note">it must start with https://' in answer.text
    assert 'value="main"' in answer.text
    assert "s3cret" not in answer.text
    image = {"image": "no such name!", "port": "x"}
    answer = await admin.send("/projects/shop/deploy/image", image, of="/projects/shop")
    assert 'id="port-note">a port is 1 to 65535' in answer.text


@pytest.mark.usefixtures("engine_is_there")
async def test_git_deployment_is_named_by_its_branch(admin: Browser) -> None:
    """In the list one sees what was deployed, not only that it came from Git."""
    await admin.site.project("shop")
    form = {"git": "https://git.test/app.git", "ref": "release/7"}
    made = await admin.send("/projects/shop/deploy/git", form, of="/projects/shop")
    assert made.status_code == 303
    page = (await admin.get("/projects/shop/deployments")).text
    assert "Git release/7" in page
    assert "git.test/app.git, release/7" in (await admin.get(made.headers["location"])).text


async def test_members_are_let_in_and_out(admin: Browser, another: Callable[..., Any]) -> None:
    """The owner sets who works on it; a member sees who does, and may leave, but set nobody."""
    await admin.site.project("shop")
    path = "/projects/shop/members"
    async with another() as browser:
        bob = await let_in(browser, "bob@box.test")
        refused = await admin.send(path, {"email": "nobody@box.test", "role": "member"})
        assert 'id="email-note">nobody on this box' in refused.text
        assert (await admin.send(path, {"email": bob.email, "role": "member"})).status_code == 303
        page = (await browser.get(path)).text
        assert bob.email in page
        assert 'name="email"' not in page
        form = {"email": "bob@box.test", "role": "viewer"}
        assert (await browser.send(path, form)).status_code == 403
        left = await browser.send(f"{path}/{bob.id}/remove", {}, of=path)
        assert left.headers["location"] == "/?notice=member-left"
        assert (await browser.get(path)).status_code == 404


async def test_secret_of_a_webhook_is_shown_once(admin: Browser) -> None:
    """On the page that made it; never again, nor in its log."""
    project = await admin.site.project("shop")
    path = "/projects/shop/webhooks"
    form = {"url": "https://93.184.216.34/hook", "deploy.failed": "on"}
    made = await admin.send(path, form)
    (webhook,) = await admin.site.box.store.webhooks.of_project(project.id)
    assert webhook.events == ("deploy.failed",)
    assert webhook.secret in made.text
    for page in (path, f"{path}/{webhook.id}"):
        assert webhook.secret not in (await admin.get(page)).text
    off = {"url": webhook.url, "deploy.started": "on"}
    await admin.send(f"{path}/{webhook.id}", off)
    (changed,) = await admin.site.box.store.webhooks.of_project(project.id)
    assert (changed.active, changed.events) == (False, ("deploy.started",))
    assert (await admin.send(f"{path}/{webhook.id}/delete", {}, of=path)).status_code == 303
    assert await admin.site.box.store.webhooks.of_project(project.id) == []


async def test_webhook_that_can_not_be_is_told_beside_its_fields(admin: Browser) -> None:
    """Both at once: an address that is none, and nothing to be told of."""
    await admin.site.project("shop")
    answer = await admin.send("/projects/shop/webhooks", {"url": "ftp://x"})
    assert answer.status_code == 422
    assert 'id="url-note">it must start with https:// or http://' in answer.text
    assert 'id="events-note">name at least one' in answer.text


async def test_viewer_sees_the_pages_and_changes_nothing(
    admin: Browser, another: Callable[..., Any]
) -> None:
    """A viewer of a project looks at all of it but its variables; each form is refused."""
    project = await admin.site.project("shop")
    deployment = await served(admin, project)
    await admin.site.box.store.env_vars.upsert(project.id, "KEY", "s3cret", 10)
    async with another() as browser:
        viewer = await let_in(browser, "vic@box.test")
        await admin.site.box.store.members.put(project.id, viewer.id, Role.VIEWER)
        token = await browser.token("/new")
        for page in (*_VIEW, f"/deployments/{deployment}"):
            shown = await browser.get(f"/projects/shop{page}")
            assert shown.status_code == 200, page
            # Logging out is everybody's, leaving a member's; settings are shown, but not to be sent.
            own = {"/settings": 3, "/members": 2}.get(page, 1)
            assert shown.text.count('method="post"') == own, page
            assert shown.text.count("<fieldset") == shown.text.count("<fieldset disabled"), page
        hidden = await browser.get("/projects/shop/environment?reveal=KEY")
        assert hidden.status_code == 403
        assert "s3cret" not in hidden.text
        for action in _ACTIONS:
            form = {"csrf": token, "confirm": "shop", "key": "A", "value": "b", "name": "N"}
            answer = await browser.client.post(f"/projects/shop{action}", data=form)
            assert answer.status_code == 403, action


async def test_stranger_finds_no_form_of_a_project(
    admin: Browser, another: Callable[..., Any]
) -> None:
    """What is not theirs is not there, whichever door they try."""
    await admin.site.project("shop")
    async with another() as browser:
        await let_in(browser, "eve@box.test")
        token = await browser.token("/new")
        for path in _VIEW:
            assert (await browser.get(f"/projects/shop{path}")).status_code == 404, path
        for action in _ACTIONS:
            form = {"csrf": token, "confirm": "shop", "key": "A", "value": "b", "name": "N"}
            answer = await browser.client.post(f"/projects/shop{action}", data=form)
            assert answer.status_code == 404, action


async def test_forged_form_changes_nothing(admin: Browser) -> None:
    """Without the token of a page of ours every form is refused."""
    await admin.site.project("shop")
    for action in (*_ACTIONS, "/members/x/remove", "/webhooks/x/ping", "/webhooks/x/delete"):
        answer = await admin.client.post(f"/projects/shop{action}", data={"confirm": "shop"})
        assert answer.status_code == 403, action
    assert (await admin.client.post("/example", data={})).status_code == 403
