"""The audit log: what gets in, who reads it, and that no entry is changed or cut out unseen."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from sotabox.model.user import Role
from tests.in_process import InProcess, open_site


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[InProcess]:
    """A box on which nobody has done anything."""
    async with open_site(tmp_path) as site:
        yield site


async def entries(site: InProcess) -> list[dict[str, Any]]:
    return list((await site.client.get("/v1/audit")).json()["data"])


async def act(site: InProcess, times: int = 1) -> None:
    for number in range(times):
        made = await site.client.post("/v1/api-keys", json={"name": f"key {number}"})
        assert made.status_code == 201


async def tamper(site: InProcess, *statements: str) -> None:
    """What somebody can do who has got hold of the database file."""
    drop = ("DROP TRIGGER audit_is_never_changed", "DROP TRIGGER audit_is_never_cut")
    async with site.box.store.database.transaction() as transaction:
        for statement in (*drop, *statements):
            await transaction.execute(statement)


async def verdict(site: InProcess) -> dict[str, Any]:
    return dict((await site.client.get("/v1/audit/verify")).json()["data"])


async def test_what_somebody_does_is_noted_with_who_what_and_from_where(site: InProcess) -> None:
    """Done or refused, by whomever; what only looks is not noted, nor is any secret."""
    ben = await site.user("ben@box.test", Role.VIEWER)
    as_ben = {**await site.key_of(ben), "X-Forwarded-For": "203.0.113.9"}
    project = await site.project("shop")
    await site.client.patch(f"/v1/projects/{project.id}", json={"name": "Our shop"})
    refused = await site.client.post("/v1/projects", json={"name": "x"}, headers=as_ben)
    assert refused.status_code == 403
    await site.client.get("/v1/projects")
    await site.client.post(
        f"/v1/projects/{project.id}/envs", json={"key": "A", "value": "very-secret"}
    )
    listed = await site.client.get("/v1/audit")
    assert "very-secret" not in listed.text
    found = [(e["actor"], e["action"], e["target"], e["status"]) for e in listed.json()["data"]]
    assert found == [
        (site.admin.email, "put_env_var", {"project": project.id}, 200),
        ("ben@box.test", "create_project", {}, 403),
        (site.admin.email, "rename_project", {"project": project.id}, 200),
    ]


async def test_request_without_a_key_can_not_fill_the_log(site: InProcess) -> None:
    """Who is nobody leaves no entry."""
    answer = await site.client.post("/v1/projects", json={}, headers={"Authorization": ""})
    assert answer.status_code == 401
    assert await entries(site) == []


async def test_log_is_paged(site: InProcess) -> None:
    """Newest first, by cursor, each once."""
    await act(site, 5)
    first = (await site.client.get("/v1/audit?limit=3")).json()
    cursor = first["pagination"]["next_cursor"]
    second = (await site.client.get(f"/v1/audit?limit=3&cursor={cursor}")).json()
    positions = [entry["position"] for page in (first, second) for entry in page["data"]]
    assert positions == [5, 4, 3, 2, 1]


async def test_whole_log_is_found_intact(site: InProcess) -> None:
    """An empty one, and one with entries."""
    assert await verdict(site) == {"intact": True, "entries": 0, "broken_at": None}
    await act(site, 3)
    assert await verdict(site) == {"intact": True, "entries": 3, "broken_at": None}


async def test_entry_can_not_be_changed_or_removed(site: InProcess) -> None:
    """The database itself refuses."""
    await act(site)
    for statement in ("UPDATE audit SET actor = 'x'", "DELETE FROM audit"):
        with pytest.raises(Exception, match="the audit log is never"):
            async with site.box.store.database.transaction() as transaction:
                await transaction.execute(statement)
    assert (await verdict(site))["intact"]


@pytest.mark.parametrize(
    ("statement", "broken_at"),
    [
        ("UPDATE audit SET actor = 'somebody else' WHERE position = 2", 2),
        ("UPDATE audit SET at = '2000-01-01T00:00:00.000Z' WHERE position = 1", 1),
        ("DELETE FROM audit WHERE position = 2", 2),
        ("DELETE FROM audit WHERE position = 1", 1),
        ("DELETE FROM audit WHERE position = 4", 4),
        ("DELETE FROM audit", 1),
    ],
)
async def test_entry_that_was_changed_or_cut_shows(
    site: InProcess, statement: str, broken_at: int
) -> None:
    """In the middle, at the start, at the end: and it goes on showing."""
    await act(site, 4)
    await tamper(site, statement)
    assert await verdict(site) == {
        "intact": False, "entries": broken_at - 1, "broken_at": broken_at
    }  # fmt: skip
    await act(site, 2)
    assert (await verdict(site))["broken_at"] == broken_at
