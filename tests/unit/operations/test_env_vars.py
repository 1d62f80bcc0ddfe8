"""Setting variables: what is wrong is named field by field."""

import asyncio

import pytest

from sotabox.errors import Invalid, NotFound
from sotabox.model.deployment import Source
from sotabox.model.environment import VARIABLES_MAX
from sotabox.model.ids import new_deployment_id
from sotabox.operations import env_vars
from tests.unit.operations.conftest import Town


@pytest.mark.parametrize(
    ("key", "value", "fields"),
    [
        ("1A", "x", ["key"]),
        ("PORT", "x", ["key"]),
        ("A", "\0", ["value"]),
        ("", "\0", ["key", "value"]),
    ],
)
async def test_invalid_variable_names_its_fields(
    town: Town, key: str, value: str, fields: list[str]
) -> None:
    """All that is wrong at once, and never the value itself: it is a secret."""
    with pytest.raises(Invalid) as caught:
        await env_vars.put(town.store, town.owner, town.project.id, key, value)
    assert [detail.field for detail in caught.value.details] == fields


async def test_value_that_is_too_long_is_not_in_the_message(town: Town) -> None:
    with pytest.raises(Invalid) as caught:
        await env_vars.put(town.store, town.owner, town.project.id, "A", "hush" * 20_000)
    assert "hush" not in caught.value.message


async def test_one_variable_too_many_is_refused(town: Town) -> None:
    """The message names the bound."""
    for i in range(VARIABLES_MAX):
        await town.store.env_vars.upsert(town.project.id, f"V{i}", "", VARIABLES_MAX)
    with pytest.raises(Invalid, match=str(VARIABLES_MAX)):
        await env_vars.put(town.store, town.owner, town.project.id, "ONE_MORE", "1")


async def test_unknown_variable_can_not_be_deleted(town: Town) -> None:
    with pytest.raises(NotFound, match="'A'"):
        await env_vars.delete(town.store, town.owner, town.project.id, "A")


async def test_restart_does_not_let_the_app_know_what_changed(town: Town) -> None:
    """It goes on with the variables that it had, so the page says what waits for a redeploy."""
    store, id_ = town.store, town.project.id
    old = await store.env_snapshots.keep(id_, [])
    await env_vars.put(store, town.owner, id_, "A", "1")
    assert await env_vars.pending_since(store, town.project) is None, "nothing runs"
    release, _ = await store.deployments.insert_pending(new_deployment_id(), id_, "", 9)
    restarted = await store.deployments.insert_deploying(
        new_deployment_id(), release, Source.REDEPLOY, "", env_digest=old
    )
    await store.deployments.advance_to_running(restarted.id, phases={})
    assert await env_vars.pending_since(store, town.project) is not None
    await env_vars.delete(store, town.owner, id_, "A")
    assert await env_vars.pending_since(store, town.project) is None, "as it was started"


async def test_changes_at_the_same_time_lose_nothing(town: Town) -> None:
    """Each sets what it names, whoever sets something else at that moment."""
    names = [f"V{number:02}" for number in range(40)]
    merges = (
        env_vars.merge(town.store, town.owner, town.project.id, {name: "1"}) for name in names
    )
    await asyncio.gather(*merges)
    kept = await town.store.env_vars.of_project(town.project.id)
    assert [variable.key for variable in kept] == names
