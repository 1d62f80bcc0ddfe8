"""What changed between two deployments."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sotabox.model.deployment import Status
from sotabox.model.origin import ImageOrigin
from tests.in_process import InProcess, open_site


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[InProcess]:
    async with open_site(tmp_path) as site:
        yield site


async def released(site: InProcess, value: str, image: str, size: int, port: int) -> str:
    """A deployment that was built and started with the variable `A` as `value`; its id."""
    store = site.box.store
    project = await store.projects.find("shop") or await site.project("shop")
    await store.env_vars.upsert(project.id, "A", value, 10)
    await store.env_vars.upsert(project.id, f"ONLY_{value}", "x", 10)
    kept = await store.env_vars.of_project(project.id)
    digest = await store.env_snapshots.keep(project.id, kept)
    await store.env_vars.delete(project.id, f"ONLY_{value}")
    deployment = await site.deployment(project)
    await store.deployments.advance(deployment.id, Status.BUILDING)
    await store.deployments.advance(
        deployment.id, Status.BUILT, image_id=image, image_bytes=size, port=port,
        plan=f'{{"start": "run {value}", "port": {port}}}', env_digest=digest,
    )  # fmt: skip
    await store.deployments.record(deployment.id, origin=ImageOrigin(reference=f"web:{value}"))
    return deployment.id


async def test_difference_names_what_changed_and_no_value(site: InProcess) -> None:
    """Plan, origin, variables by key, size of the image."""
    first = await released(site, "1", "sha256:1", 1000, 80)
    second = await released(site, "2", "sha256:2", 1500, 8080)
    path = f"/v1/projects/shop/deployments/{second}/diff"
    answer = await site.client.get(f"{path}?with={first}")
    assert answer.status_code == 200, answer.text
    data = answer.json()["data"]
    assert (data["before"], data["after"], data["same_image"]) == (first, second, False)
    assert (data["image_bytes_before"], data["image_bytes_after"]) == (1000, 1500)
    assert data["env"] == {"added": ["ONLY_2"], "removed": ["ONLY_1"], "changed": ["A"]}
    assert [change["field"] for change in data["plan"]] == ["port", "start"]
    assert {change["field"]: change["after"] for change in data["release"]} == {
        "origin.reference": "web:2", "port": 8080,
    }  # fmt: skip
    same = (await site.client.get(f"{path}?with={second}")).json()["data"]
    assert (same["release"], same["plan"], same["same_image"]) == ([], [], True)


async def test_difference_needs_another_deployment_of_the_project(site: InProcess) -> None:
    """Nothing named is 422, and what is another project's is not there."""
    first = await released(site, "1", "sha256:1", 1000, 80)
    path = f"/v1/projects/shop/deployments/{first}/diff"
    assert (await site.client.get(path)).status_code == 422
    other = await site.deployment(await site.project("other"))
    assert (await site.client.get(f"{path}?with={other.id}")).status_code == 404


async def test_variables_that_are_not_kept_are_not_guessed(site: InProcess) -> None:
    """A deployment that never started has none."""
    first = await released(site, "1", "sha256:1", 1000, 80)
    project = await site.box.store.projects.find("shop")
    assert project is not None
    waiting = await site.deployment(project)
    path = f"/v1/projects/shop/deployments/{waiting.id}/diff?with={first}"
    assert (await site.client.get(path)).json()["data"]["env"] is None
