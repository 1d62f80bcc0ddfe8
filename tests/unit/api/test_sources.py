"""Deploys of images and of Git repositories, as they are asked for; nothing is pulled or fetched."""

from pathlib import Path
from typing import Any

import pytest

from sotabox.model.user import Role
from tests.in_process import InProcess, open_site

GIT = {"git": "https://git.test/team/app.git"}


@pytest.fixture
def engine_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether Docker answers is another test's matter."""

    async def there(_: Any) -> None:
        """It does."""

    monkeypatch.setattr("sotabox.pipeline.pipeline.Pipeline.require_engine", there)


async def deploy(site: InProcess, body: Any, **options: Any) -> Any:
    return await site.client.post("/v1/projects/shop/deploy", json=body, **options)


@pytest.mark.usefixtures("engine_is_there")
async def test_git_deploy_waits_as_a_deployment_of_its_own_kind(tmp_path: Path) -> None:
    """202 with what was asked for; the commit is told once it was fetched."""
    async with open_site(tmp_path) as site:
        await site.project("shop")
        body = {**GIT, "ref": "main", "directory": "apps/web/", "token": "top-secret"}
        answer = await deploy(site, body)
        assert answer.status_code == 202, answer.text
        data = answer.json()["data"]
        assert (data["source"], data["status"], data["image"]) == ("git", "pending", None)
        assert data["commit"] == {
            "url": GIT["git"], "ref": "main", "directory": "apps/web", "id": None,
            "message": None, "author": None, "committed_at": None,
        }  # fmt: skip
        assert "top-secret" not in answer.text
        assert await site.box.store.git_tokens.find(data["id"]) == "top-secret"


@pytest.mark.usefixtures("engine_is_there")
async def test_git_token_goes_with_the_wait(tmp_path: Path) -> None:
    """However a deployment leaves its build, by a newer one for example, its token is gone."""
    async with open_site(tmp_path) as site:
        await site.project("shop")
        first = (await deploy(site, {**GIT, "token": "one"})).json()["data"]["id"]
        token = "a-token-that-nobody-may-read"
        second = (await deploy(site, {**GIT, "token": token})).json()["data"]["id"]
        assert await site.box.store.git_tokens.find(first) is None
        assert await site.box.store.git_tokens.find(second) == token
        kept = b"".join(path.read_bytes() for path in tmp_path.glob("sotabox.db*"))
        assert second.encode() in kept
        assert token.encode() not in kept


@pytest.mark.usefixtures("engine_is_there")
async def test_image_deploy_waits_as_a_deployment_of_its_own_kind(tmp_path: Path) -> None:
    """202 with the reference; the digest is told once it was pulled."""
    async with open_site(tmp_path) as site:
        await site.project("shop")
        answer = await deploy(site, {"image": "team/web:1", "port": 3000})
        assert answer.status_code == 202, answer.text
        data = answer.json()["data"]
        assert (data["source"], data["commit"]) == ("image", None)
        assert data["image"] == {"reference": "team/web:1", "digest": None}


@pytest.mark.usefixtures("engine_is_there")
@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"image": "-v"}, "image"),
        ({"image": "$(id)"}, "image"),
        ({"image": "127.0.0.1:5000/web"}, "image"),
        ({"image": "localhost:5000/web"}, "image"),
        ({"image": "169.254.169.254/web"}, "image"),
        ({"image": "web", "port": 70000}, "port"),
        ({"git": "http://git.test/a"}, "git"),
        ({"git": "file:///etc"}, "git"),
        ({"git": "https://127.0.0.1/a"}, "git"),
        ({"git": "https://[::1]/a"}, "git"),
        ({"git": "https://10.0.0.7/a"}, "git"),
        ({**GIT, "ref": "--upload-pack=x"}, "ref"),
        ({**GIT, "ref": "a;b"}, "ref"),
        ({**GIT, "directory": "../x"}, "directory"),
        ({**GIT, "token": "a\r\nX: y"}, "token"),
    ],
)
async def test_what_can_not_be_deployed_is_refused_at_once(
    tmp_path: Path, body: dict[str, Any], field: str
) -> None:
    """422 that names the field, before anything is written, pulled or dialled."""
    async with open_site(tmp_path) as site:
        project = await site.project("shop")
        answer = await deploy(site, body)
        assert answer.status_code == 422, answer.text
        assert [detail["field"] for detail in answer.json()["error"]["details"]] == [field]
        assert await site.box.store.deployments.page(project.id, None, 10) == []


@pytest.mark.usefixtures("engine_is_there")
@pytest.mark.parametrize(
    "body",
    [{}, {"image": "web", **GIT}, {"port": 1}, {"image": "web", "ref": "x"}, {**GIT, "port": 1}],
)
async def test_deploy_of_nothing_or_of_two_things_says_what_to_send(
    tmp_path: Path, body: dict[str, Any]
) -> None:
    """One thing at a time, and nothing that means nothing."""
    async with open_site(tmp_path) as site:
        await site.project("shop")
        answer = await deploy(site, body)
        assert answer.status_code == 422
        assert "an image, or a Git repository" in answer.json()["error"]["message"]


async def test_registry_is_made_changed_and_forgotten(tmp_path: Path) -> None:
    """The whole life of credentials; their password is never told again."""
    async with open_site(tmp_path) as site:
        body = {"host": "https://Registry.test:5000/v2/", "username": "ann", "password": "pass-1"}
        made = await site.client.post("/v1/registries", json=body)
        assert made.status_code == 201, made.text
        id_ = made.json()["data"]["id"]
        assert made.json()["data"]["host"] == "registry.test:5000"
        assert made.json()["data"]["scope"] == "user"
        again = await site.client.post("/v1/registries", json=body)
        assert again.status_code == 409
        changed = await site.client.patch(f"/v1/registries/{id_}", json={"password": "pass-2"})
        assert changed.json()["data"]["username"] == "ann"
        kept = await site.box.store.registries.credentials(site.admin.id)
        assert kept == {"registry.test:5000": ("ann", "pass-2")}
        listed = await site.client.get("/v1/registries")
        assert [row["id"] for row in listed.json()["data"]] == [id_]
        assert "pass-" not in made.text + changed.text + listed.text
        assert (await site.client.delete(f"/v1/registries/{id_}")).status_code == 204
        assert (await site.client.get(f"/v1/registries/{id_}")).status_code == 404


async def test_registry_of_another_is_not_there(tmp_path: Path) -> None:
    """Nobody sees, changes or uses another's credentials; those of the box hold for all."""
    async with open_site(tmp_path) as site:
        ann, ben = await site.user("ann@box.test"), await site.user("ben@box.test")
        as_ann, as_ben = await site.key_of(ann), await site.key_of(ben)
        body = {"host": "r.test", "username": "ann", "password": "hers"}
        made = await site.client.post("/v1/registries", json=body, headers=as_ann)
        path = f"/v1/registries/{made.json()['data']['id']}"
        for call in (
            site.client.get(path, headers=as_ben),
            site.client.patch(path, json={"username": "x"}, headers=as_ben),
            site.client.delete(path, headers=as_ben),
            site.client.get(path),  # not even an admin
        ):
            assert (await call).status_code == 404
        box = {"host": "r.test", "username": "box", "password": "of all", "scope": "box"}
        refused = await site.client.post("/v1/registries", json=box, headers=as_ann)
        assert refused.status_code == 403
        assert (await site.client.post("/v1/registries", json=box)).status_code == 201
        registries = site.box.store.registries
        assert await registries.credentials(ben.id) == {"r.test": ("box", "of all")}
        assert await registries.credentials(ann.id) == {"r.test": ("ann", "hers")}
        assert (await site.client.get("/v1/registries", headers=as_ben)).json()["data"] == []


async def test_viewer_keeps_no_registry(tmp_path: Path) -> None:
    """Who may only look gets no credentials in."""
    async with open_site(tmp_path) as site:
        viewer = await site.user("eve@box.test", Role.VIEWER)
        body = {"host": "r.test", "username": "eve", "password": "x"}
        headers = await site.key_of(viewer)
        answer = await site.client.post("/v1/registries", json=body, headers=headers)
        assert answer.status_code == 403


@pytest.mark.parametrize(
    ("change", "field"),
    [({"host": "a b"}, "host"), ({"host": ""}, "host"), ({"username": "a:b"}, "username"),
     ({"password": ""}, "password"), ({"username": "x" * 300}, "username")],
)  # fmt: skip
async def test_registry_that_can_not_be_is_refused(
    tmp_path: Path, change: dict[str, str], field: str
) -> None:
    """422 that names the field."""
    async with open_site(tmp_path) as site:
        body = {"host": "r.test", "username": "ann", "password": "x"} | change
        answer = await site.client.post("/v1/registries", json=body)
        assert answer.status_code == 422
        assert [detail["field"] for detail in answer.json()["error"]["details"]] == [field]
