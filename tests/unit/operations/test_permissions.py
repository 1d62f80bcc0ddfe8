"""Who may do what: every operation on a project, by everybody."""

from collections.abc import Awaitable, Callable

import pytest

from sotabox.errors import Forbidden, NotFound, SotaboxError
from sotabox.model.sample import Span
from sotabox.operations import api_keys, deployments, env_vars, metrics, projects, releases
from sotabox.operations.actor import Actor, changeable_project, visible_project
from sotabox.settings import Settings
from tests.unit.operations.conftest import Town

Operation = Callable[[Town, Actor, str], Awaitable[object]]

READS: dict[str, Operation] = {
    "see the project": lambda t, a, ref: visible_project(t.store, a, ref),
    "list deployments": lambda t, a, ref: deployments.page(t.store, a, ref, None, 10),
    "see what it uses": lambda t, a, ref: metrics.series(t.store, a, ref, Span.DAY),
}
CHANGES: dict[str, Operation] = {
    "change the project": lambda t, a, ref: changeable_project(t.store, a, ref),
    "rename": lambda t, a, ref: projects.rename(t.store, a, ref, "New"),
    "read variables": lambda t, a, ref: env_vars.of(t.store, a, ref),
    "set a variable": lambda t, a, ref: env_vars.put(t.store, a, ref, "A", "1"),
    "delete a variable": lambda t, a, ref: env_vars.delete(t.store, a, ref, "A"),
    "upload": lambda t, a, ref: deployments.admit(t.store, t.pipeline, Settings(), a, ref),
    "redeploy": lambda t, a, ref: releases.redeploy(t.store, t.pipeline, a, ref),
    "roll back": lambda t, a, ref: releases.rollback(t.store, t.pipeline, a, ref, None),
}
#: Deleting needs an engine where it is allowed; where it isn't, nothing happens.
DELETE: dict[str, Operation] = {
    "delete the project": lambda t, a, ref: projects.delete(t.store, t.pipeline, a, ref)
}


async def answer(operation: Operation, town: Town, actor: Actor, ref: str) -> type | None:
    """The kind of error that an actor meets; None when the operation went through."""
    try:
        await operation(town, actor, ref)
    except SotaboxError as error:
        return type(error)
    return None


@pytest.mark.parametrize("name", [*READS, *CHANGES, *DELETE])
@pytest.mark.parametrize("by_slug", [False, True])
async def test_project_of_another_is_not_there(town: Town, name: str, by_slug: bool) -> None:
    """A stranger can't tell another's project from one that does not exist, by id or by slug."""
    operation = (READS | CHANGES | DELETE)[name]
    theirs = town.project.slug if by_slug else town.project.id
    with pytest.raises(NotFound) as one:
        await operation(town, town.stranger, theirs)
    with pytest.raises(NotFound) as other:
        await operation(town, town.stranger, "no-such-project")
    assert one.value.message == other.value.message


@pytest.mark.parametrize("name", [*CHANGES, *DELETE])
async def test_viewer_changes_nothing(town: Town, name: str) -> None:
    """Not even in a project of one's own; another's is still not there."""
    operation = (CHANGES | DELETE)[name]
    before = await town.store.projects.all()
    assert await answer(operation, town, town.viewer, town.viewed.id) is Forbidden
    assert await answer(operation, town, town.viewer, town.project.id) is NotFound
    assert await town.store.projects.all() == before


@pytest.mark.parametrize("name", [*READS])
async def test_viewer_looks(town: Town, name: str) -> None:
    """A viewer reads what is one's own, except for secrets."""
    assert await answer(READS[name], town, town.viewer, town.viewed.slug) is None


@pytest.mark.parametrize("name", [*READS, *CHANGES])
async def test_owner_and_admin_are_let_through(town: Town, name: str) -> None:
    """What they meet, if anything, is the state of the project and not the door."""
    for actor in (town.owner, town.admin):
        met = await answer((READS | CHANGES)[name], town, actor, town.project.id)
        assert met is not Forbidden
        if name != "delete a variable":  # there may be none of that name
            assert met is not NotFound


async def test_everybody_lists_what_they_may_see(town: Town) -> None:
    """Members their own, admins all."""
    seen = {
        who: sorted(p.slug for p in await projects.page(town.store, actor, "", 10))
        for who, actor in {
            "admin": town.admin,
            "owner": town.owner,
            "stranger": town.stranger,
            "viewer": town.viewer,
        }.items()
    }
    assert seen == {
        "admin": ["owned", "viewed"],
        "owner": ["owned"],
        "stranger": [],
        "viewer": ["viewed"],
    }


async def test_deployment_is_found_in_its_own_project_only(town: Town) -> None:
    """The id of another project's deployment opens nothing, whoever owns both."""
    deployment, _ = await town.store.deployments.insert_pending(
        "d-1", town.project.id, town.owner.user.id, 10
    )
    found = await deployments.get(town.store, town.owner, town.project.slug, deployment.id)
    assert found == deployment
    for actor, ref in ((town.admin, town.viewed.id), (town.stranger, town.project.id)):
        with pytest.raises(NotFound):
            await deployments.get(town.store, actor, ref, deployment.id)
        with pytest.raises(NotFound):
            await releases.rollback(town.store, town.pipeline, actor, ref, deployment.id)
        with pytest.raises(NotFound):
            await deployments.cancel(town.store, town.pipeline, actor, ref, deployment.id)


async def test_key_is_revoked_by_its_owner_only(town: Town) -> None:
    """Not by a stranger, and not by an admin: each person's keys are their own."""
    row, key = await api_keys.create(town.store, town.owner.user, " laptop ")
    assert row.name == "laptop"
    assert (await api_keys.authenticate(town.store, key)).user == town.owner.user
    for actor in (town.stranger, town.admin):
        with pytest.raises(NotFound):
            await api_keys.revoke(town.store, actor, row.id)
    await api_keys.revoke(town.store, town.owner, row.id)
    with pytest.raises(SotaboxError, match="not valid"):
        await api_keys.authenticate(town.store, key)
