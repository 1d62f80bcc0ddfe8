"""Pages show what their reader may see, and text as text."""

import re
from collections.abc import Callable

from sotabox.model.deployment import Status
from sotabox.model.user import Role
from tests.unit.dashboard.conftest import Browser, let_in

HOSTILE = "<script>alert('x')</script>\"&"


async def test_project_of_another_is_not_there(
    admin: Browser, another: Callable[..., object]
) -> None:
    """Neither its pages nor its forms say more than that there is nothing."""
    project = await admin.site.project("secret")
    deployment = await admin.site.deployment(project)
    paths = [
        "/projects/secret",
        "/projects/secret/deployments",
        f"/projects/secret/deployments/{deployment.id}",
        f"/projects/secret/deployments/{deployment.id}/log",
        "/projects/secret/logs",
        "/projects/secret/environment",
        "/projects/secret/environment/text",
        "/projects/secret/settings",
        "/events?project=secret",
        f"/projects/secret/deployments/{deployment.id}/events",
    ]
    async with another() as browser:  # type: ignore[attr-defined]
        await let_in(browser, "eve@box.test")
        answers = {path: (await browser.get(path)).status_code for path in paths}
        assert answers == dict.fromkeys(paths, 404)
        assert "secret" not in (await browser.get("/")).text
        gone = await browser.send("/projects/secret/delete", {"confirm": "secret"}, of="/new")
        assert gone.status_code == 404
    assert (await admin.get("/projects/secret")).status_code == 200


async def test_viewer_is_shown_no_button_and_refused_behind_it(
    admin: Browser, another: Callable[..., object]
) -> None:
    """Who may only look gets pages without forms, and a 403 for a form from elsewhere."""
    async with another() as browser:  # type: ignore[attr-defined]
        viewer = await let_in(browser, "vic@box.test", Role.VIEWER)
        await admin.site.project("show", owner=viewer)
        page = (await browser.get("/projects/show")).text
        assert "data-deploy" not in page
        token = await browser.token("/projects/show/settings")
        form = {"csrf": token, "name": "Mine"}
        answer = await browser.client.post("/projects/show/settings", data=form)
        assert answer.status_code == 403


async def test_names_and_values_are_text(admin: Browser) -> None:
    """What people type is shown as they typed it, wherever it is shown."""
    store = admin.site.box.store
    project = await admin.site.project("shop")
    await store.projects.rename(project.id, HOSTILE)
    await store.env_vars.upsert(project.id, "KEY", HOSTILE, 10)
    deployment = await admin.site.deployment(project)
    store.logs.open(deployment.id).append([f"[build] {HOSTILE}"])
    await store.deployments.advance(
        deployment.id, Status.FAILED, error=f"{HOSTILE}\n{HOSTILE}", hint=HOSTILE
    )
    for path in (
        "/",
        "/projects/shop",
        "/projects/shop/deployments",
        f"/projects/shop/deployments/{deployment.id}",
        f"/projects/shop/deployments/{deployment.id}?q=script",
        "/projects/shop/environment?reveal=KEY",
        "/projects/shop/environment/text",
        "/projects/shop/settings",
    ):
        page = (await admin.get(path)).text
        assert "<script>alert" not in page, path
        assert "&lt;script&gt;" in page or "<mark>script</mark>" in page, path


async def test_values_are_hidden_until_revealed(admin: Browser) -> None:
    """A look over the shoulder shows no secret; revealing one shows that one."""
    project = await admin.site.project("shop")
    for key in ("ONE", "TWO"):
        await admin.site.box.store.env_vars.upsert(project.id, key, f"value of {key}", 10)
    assert "value of" not in (await admin.get("/projects/shop/environment")).text
    page = (await admin.get("/projects/shop/environment?reveal=ONE")).text
    assert "value of ONE" in page
    assert "value of TWO" not in page


async def test_text_of_variables_shows_its_changes_before_it_saves(admin: Browser) -> None:
    """What is added, changed and removed is said first, without values; then it is done."""
    project = await admin.site.project("shop")
    store = admin.site.box.store
    for key in ("KEEP", "CHANGE", "DROP"):
        await store.env_vars.upsert(project.id, key, "before", 10)
    path = "/projects/shop/environment/text"
    text = "KEEP=before\r\nCHANGE=after\r\nNEW='two words'\r\n"
    looked = await admin.send(path, {"text": text, "step": "look"})
    assert all(
        f"<code>{key}</code> {what}" in looked.text
        for key, what in (
            ("NEW", "is added"),
            ("CHANGE", "has another value"),
            ("DROP", "is removed"),
        )
    )
    assert len(await store.env_vars.of_project(project.id)) == 3
    saved = await admin.send(path, {"text": text, "step": "save"})
    assert saved.headers["location"] == "/projects/shop/environment?notice=saved"
    variables = {v.key: v.value for v in await store.env_vars.of_project(project.id)}
    assert variables == {"KEEP": "before", "CHANGE": "after", "NEW": "two words"}


async def test_text_with_a_bad_line_names_it(admin: Browser) -> None:
    """The text comes back as it was typed, with the number of the line."""
    await admin.site.project("shop")
    form = {"text": "A=1\nnonsense\n", "step": "save"}
    answer = await admin.send("/projects/shop/environment/text", form)
    assert answer.status_code == 422
    assert "Line 2" in answer.text
    assert "nonsense" in answer.text


async def test_deletion_asks_for_the_slug(admin: Browser) -> None:
    """A wrong word deletes nothing."""
    await admin.site.project("shop")
    answer = await admin.send(
        "/projects/shop/delete", {"confirm": "shopp"}, of="/projects/shop/settings"
    )
    assert answer.status_code == 422
    assert await admin.site.box.store.projects.find("shop") is not None


async def test_new_key_is_shown_once(admin: Browser) -> None:
    """The answer holds the key; the page, loaded again, does not."""
    answer = await admin.send("/account/keys", {"name": "laptop"}, of="/account")
    [key] = {part for part in answer.text.split('"') if part.startswith("sota_") and len(part) > 40}
    assert (await admin.get("/account")).text.count(key) == 0
    keys = await admin.site.box.store.api_keys.of_user(admin.site.admin.id)
    assert "laptop" in {key.name for key in keys}


async def test_page_that_is_not_there_is_a_page(admin: Browser) -> None:
    """A mistyped address says so in words, with a way on."""
    answer = await admin.get("/projects/none-such")
    assert answer.status_code == 404
    assert 'href="/"' in answer.text


async def test_address_of_the_api_that_is_not_there_stays_json(admin: Browser) -> None:
    """Clients of the API never get a page."""
    answer = await admin.site.client.get("/v1/none-such")
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "not_found"


async def test_charset_is_said_once(admin: Browser) -> None:
    """Of pages, styles, scripts and logs: a strict proxy takes two for none."""
    deployment = await admin.site.deployment(await admin.site.project("shop"))
    log = f"/projects/shop/deployments/{deployment.id}/log"
    page = await admin.get("/")
    kept = re.findall(r'"(/static/[^"#]+\.(?:css|js))"', page.text)
    types = {(await admin.get(path)).headers["content-type"] for path in ("/", log, *kept)}
    texts = ("html", "plain", "css", "javascript")
    assert types == {f"text/{kind}; charset=utf-8" for kind in texts}


async def test_projects_are_found_by_name(admin: Browser) -> None:
    """The search is on the server, and needs no script."""
    await admin.site.project("alpha")
    await admin.site.project("beta")
    page = (await admin.get("/?q=ALPH")).text
    assert "/projects/alpha" in page
    assert "/projects/beta" not in page


async def test_log_shows_its_end_and_the_way_to_what_was_before(admin: Browser) -> None:
    """A long log opens at its end; what came before is one link away, and found by searching."""
    project = await admin.site.project("shop")
    deployment = await admin.site.deployment(project)
    lines = [f"[build] line {n}" for n in range(1200)]
    admin.site.box.store.logs.open(deployment.id).append(lines)
    path = f"/projects/shop/deployments/{deployment.id}"
    page = (await admin.get(path)).text
    assert page.count('<li id="L') == 500
    assert f"{path}?before=700" in page
    earlier = (await admin.get(f"{path}?before=700")).text
    assert 'id="L700"' in earlier
    assert 'id="L701"' not in earlier
    found = (await admin.get(f"{path}?q=line 17")).text
    assert found.count('<li id="L') == 11


async def test_assets_are_kept_for_ever_and_named_by_content(admin: Browser) -> None:
    """A browser asks for a style once; a changed one has another name."""
    page = (await admin.get("/")).text
    url = page.partition('rel="stylesheet" href="')[2].partition('"')[0]
    answer = await admin.get(url)
    assert answer.status_code == 200
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-encoding"] == "gzip"
    again = await admin.get(url, headers={"if-none-match": answer.headers["etag"]})
    assert again.status_code == 304
    assert (await admin.get("/static/../sotabox.db")).status_code == 404
