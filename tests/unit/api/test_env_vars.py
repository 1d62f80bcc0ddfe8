"""`/v1/projects/{project}/envs`."""

from typing import Any

import pytest

from tests.in_process import InProcess

FIELDS = {"id", "project_id", "key", "value", "target", "created_at", "updated_at"}


async def test_variable_is_set_listed_and_removed(site: InProcess) -> None:
    """The round that the dashboard, the SDK and the command line make."""
    project = await site.project("shop")
    url = f"/v1/projects/{project.id}/envs"
    made = await site.client.post(url, json={"key": "GREETING", "value": "hällo\n✓"})
    assert made.status_code == 200
    assert made.json()["data"].keys() == FIELDS
    assert (await site.client.get(url)).json() == {"data": [made.json()["data"]]}
    assert (await site.client.delete(f"{url}/GREETING")).status_code == 204
    assert (await site.client.get(url)).json() == {"data": []}


async def test_variable_set_again_keeps_its_id(site: InProcess) -> None:
    """Setting is one verb, whether it was there or not."""
    await site.project("shop")
    url = "/v1/projects/shop/envs"
    first = (await site.client.post(url, json={"key": "A", "value": "1"})).json()["data"]
    second = (await site.client.post(url, json={"key": "A", "value": ""})).json()["data"]
    assert second["id"] == first["id"]
    assert second["value"] == ""


async def test_masked_list_has_no_values(site: InProcess) -> None:
    """A screen that is shared shows keys only."""
    await site.project("shop")
    url = "/v1/projects/shop/envs"
    await site.client.post(url, json={"key": "A", "value": "secret"})
    masked = await site.client.get(f"{url}?masked=1")
    assert [variable["value"] for variable in masked.json()["data"]] == [""]
    assert "secret" not in masked.text
    assert (await site.client.get(f"{url}?masked=0")).json()["data"][0]["value"] == "secret"
    assert (await site.client.get(f"{url}?masked=perhaps")).status_code == 400


async def test_variable_that_is_absent_can_not_be_removed(site: InProcess) -> None:
    """404, whatever was asked for."""
    await site.project("shop")
    for key in ("ABSENT", "%ff", "a%20b"):
        response = await site.client.delete(f"/v1/projects/shop/envs/{key}")
        assert response.status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"key": "1A", "value": ""}, "key"),
        ({"key": "A-B", "value": ""}, "key"),
        ({"key": "", "value": ""}, "key"),
        ({"key": "A" * 257, "value": ""}, "key"),
        ({"key": "PORT", "value": "80"}, "key"),
        ({"key": "A", "value": "a\0b"}, "value"),
        ({"key": "A", "value": "ä" * 32_769}, "value"),
        ({"key": "A", "value": 5}, "value"),
        ({"key": "A"}, "value"),
        ({"key": "A", "val": "x"}, "val"),
    ],
)
async def test_variable_that_can_be_none_is_refused_by_field(
    site: InProcess, body: dict[str, Any], field: str
) -> None:
    """422 with the field, and nothing is stored."""
    await site.project("shop")
    response = await site.client.post("/v1/projects/shop/envs", json=body)
    assert response.status_code == 422
    assert [detail["field"] for detail in response.json()["error"]["details"]] == [field]
    assert (await site.client.get("/v1/projects/shop/envs")).json() == {"data": []}


async def test_value_of_the_largest_size_is_taken(site: InProcess) -> None:
    """64 KiB hold a certificate with its chain, in whatever escapes JSON writes it."""
    await site.project("shop")
    value = "é" * 32_768
    response = await site.client.post("/v1/projects/shop/envs", json={"key": "A", "value": value})
    assert response.status_code == 200
    assert response.json()["data"]["value"] == value


async def test_target_is_kept_until_another_is_given(site: InProcess) -> None:
    """A client that knows nothing of targets never makes a build's variable the app's."""
    await site.project("shop")
    url = "/v1/projects/shop/envs"

    async def put(**body: str) -> str:
        answer = await site.client.post(url, json={"key": "A", **body})
        target: str = answer.json()["data"]["target"]
        return target

    assert await put(value="1") == "both"
    assert await put(value="2", target="build") == "build"
    assert await put(value="3") == "build"
    assert await put(value="4", target="run") == "run"
    assert [v["target"] for v in (await site.client.get(url)).json()["data"]] == ["run"]


async def test_target_that_is_none_is_refused_by_name(site: InProcess) -> None:
    """The answer says which there are."""
    await site.project("shop")
    body = {"key": "A", "value": "1", "target": "deploy"}
    response = await site.client.post("/v1/projects/shop/envs", json=body)
    assert response.status_code == 422
    assert "target" in response.text
