"""Variables all at once, as JSON and as the text of a `.env` file."""

from typing import Any

import pytest

from tests.in_process import InProcess

URL = "/v1/projects/shop/envs"
TEXT = {"Content-Type": "text/plain; charset=utf-8"}


@pytest.fixture(autouse=True)
async def project(site: InProcess) -> None:
    await site.project("shop")


async def variables(site: InProcess) -> dict[str, str]:
    listed = await site.client.get(URL)
    return {variable["key"]: variable["value"] for variable in listed.json()["data"]}


async def test_object_replaces_all_and_says_what_that_did(site: InProcess) -> None:
    """What is left out is gone; what is the same is not told."""
    await site.client.put(URL, json={"A": "1", "B": "2", "C": "3"})
    answer = await site.client.put(URL, json={"A": "1", "B": "two", "D": ""})
    assert answer.json() == {
        "data": {"added": ["D"], "changed": ["B"], "removed": ["C"], "deployment_id": None}
    }
    assert await variables(site) == {"A": "1", "B": "two", "D": ""}


async def test_patch_leaves_what_it_does_not_name(site: InProcess) -> None:
    """Null removes."""
    await site.client.put(URL, json={"A": "1", "B": "2"})
    answer = await site.client.patch(URL, json={"B": None, "C": "3", "ABSENT": None})
    assert answer.json()["data"] | {"deployment_id": None} == {
        "added": ["C"],
        "changed": [],
        "removed": ["B"],
        "deployment_id": None,
    }
    assert await variables(site) == {"A": "1", "C": "3"}


async def test_target_of_a_variable_outlives_a_bulk_change(site: InProcess) -> None:
    """Only values are said, so only values change."""
    await site.client.post(URL, json={"key": "A", "value": "1", "target": "build"})
    await site.client.put(URL, json={"A": "2"})
    (variable,) = (await site.client.get(URL)).json()["data"]
    assert (variable["value"], variable["target"]) == ("2", "build")


async def test_text_of_a_file_goes_in_and_comes_out(site: InProcess) -> None:
    """A round trip keeps every value."""
    text = "# shop\nexport A=1\nB='two words'\nC=\"a\\nb\"\n"
    assert (await site.client.put(URL, content=text, headers=TEXT)).status_code == 200
    assert await variables(site) == {"A": "1", "B": "two words", "C": "a\nb"}
    out = await site.client.get(URL, headers={"Accept": "text/plain"})
    assert out.headers["content-type"].startswith("text/plain")
    await site.client.put(URL, json={})
    await site.client.put(URL, content=out.text, headers=TEXT)
    assert await variables(site) == {"A": "1", "B": "two words", "C": "a\nb"}
    masked = await site.client.get(f"{URL}?masked=1", headers={"Accept": "text/plain"})
    assert "two words" not in masked.text


@pytest.mark.parametrize(
    ("content", "kind", "status", "field"),
    [
        ("", "application/json", 400, None),
        ("{", "application/json", 400, None),
        ("[]", "application/json", 422, None),
        ('{"A": 1}', "application/json", 422, "[...]"),
        ('{"A": null}', "application/json", 422, "A"),
        ('{"": null}', "application/json", 422, ""),
        ('{"1A": ""}', "application/json", 422, "1A"),
        ('{"PORT": "80"}', "application/json", 422, "PORT"),
        ("A=1\nnonsense\n", "text/plain", 422, "line 2"),
        ("A=1", "application/xml", 415, None),
    ],
)
async def test_body_that_can_not_be_variables_changes_nothing(
    site: InProcess, content: str, kind: str, status: int, field: str | None
) -> None:
    """All or nothing, and what was wrong is named."""
    await site.client.put(URL, json={"KEPT": "1"})
    answer = await site.client.put(URL, content=content, headers={"Content-Type": kind})
    assert answer.status_code == status
    details: list[Any] = answer.json()["error"].get("details", [])
    assert [detail["field"] for detail in details] == ([] if field is None else [field])
    assert await variables(site) == {"KEPT": "1"}


async def test_text_that_is_not_utf8_is_malformed(site: InProcess) -> None:
    """400, and nothing is guessed."""
    answer = await site.client.put(URL, content=b"A=\xff", headers=TEXT)
    assert answer.status_code == 400


async def test_too_many_variables_are_refused(site: InProcess) -> None:
    """The limit is the same as one by one."""
    many = {f"K{number}": "" for number in range(501)}
    assert (await site.client.put(URL, json=many)).status_code == 422


async def test_diff_needs_a_running_version(site: InProcess) -> None:
    """409: there is nothing to compare with."""
    answer = await site.client.get("/v1/projects/shop/env-diff")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "nothing_running")
