"""Who may do what with domains, and which redirects there can be."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from sotabox.domains.custom_domains import CustomDomains
from sotabox.errors import Conflict, Forbidden, Invalid, NotFound, ProjectDeleting
from sotabox.model.domain import Domain
from sotabox.model.ids import new_deployment_id
from sotabox.operations import domains
from sotabox.operations.actor import Actor
from sotabox.settings import Settings
from tests.in_process import custom_domains
from tests.unit.operations.conftest import Town

SETTINGS = Settings(domain="box.test", public_ip="203.0.113.7")
Operation = Callable[[Town, CustomDomains, Actor, str], Awaitable[object]]

OPERATIONS: dict[str, Operation] = {
    "add": lambda t, c, a, ref: domains.add(t.store, c, SETTINGS, a, ref, "new.example.org"),
    "redirect": lambda t, c, a, ref: domains.redirect(t.store, c, SETTINGS, a, ref, "x.org", None),
    "check": lambda t, c, a, ref: domains.check_now(t.store, c, a, ref, "x.org"),
    "remove": lambda t, c, a, ref: domains.remove(t.store, c, a, ref, "x.org"),
    "list": lambda t, _, a, ref: domains.of(t.store, a, ref),
    "get": lambda t, c, a, ref: domains.get(t.store, c, a, ref, "x.org"),
}


@pytest.fixture
def custom(town: Town) -> CustomDomains:
    return custom_domains(SETTINGS, town.store)


@pytest.fixture
async def deployed(town: Town) -> str:
    """The owner's project, which has run once."""
    deployment, _ = await town.store.deployments.insert_pending(
        new_deployment_id(), town.project.id, town.owner.user.id, 10
    )
    await town.store.deployments.record(deployment.id, url="owned.box.test", image_id="sha256:1")
    return town.project.id


async def add(town: Town, custom: CustomDomains, name: str, target: str | None = None) -> Domain:
    described = await domains.add(
        town.store, custom, SETTINGS, town.owner, town.project.id, name, target
    )
    return described.domain


@pytest.mark.parametrize("name", OPERATIONS)
async def test_domains_of_another_s_project_are_not_there(
    town: Town, custom: CustomDomains, name: str
) -> None:
    """A stranger can't tell another's project from one that does not exist."""
    with pytest.raises(NotFound, match="no such project"):
        await OPERATIONS[name](town, custom, town.stranger, town.project.id)


@pytest.mark.parametrize("name", ["add", "redirect", "check", "remove"])
async def test_viewer_changes_no_domain(town: Town, custom: CustomDomains, name: str) -> None:
    """Who may look only, looks only."""
    with pytest.raises(Forbidden):
        await OPERATIONS[name](town, custom, town.viewer, town.viewed.id)


async def test_add_without_a_deployment_is_refused(town: Town, custom: CustomDomains) -> None:
    """There has to be something to lead to."""
    with pytest.raises(Conflict, match="deployed successfully"):
        await add(town, custom, "shop.example.org")


async def test_add_to_a_project_that_goes_is_refused(
    town: Town, custom: CustomDomains, deployed: str
) -> None:
    """No domain is caught between a project and its end."""
    await town.store.projects.mark_deleting(deployed)
    with pytest.raises(ProjectDeleting):
        await add(town, custom, "shop.example.org")


@pytest.mark.usefixtures("deployed")
async def test_add_says_what_to_set(town: Town, custom: CustomDomains) -> None:
    """The record is there with the answer."""
    described = await domains.add(
        town.store, custom, SETTINGS, town.owner, town.project.id, "Example.org."
    )
    assert described.domain.domain == "example.org"
    assert described.domain.user_id == town.owner.user.id
    assert [str(record) for record in described.instructions.records] == ["A @ → 203.0.113.7"]


@pytest.mark.usefixtures("deployed")
@pytest.mark.parametrize(
    ("domain", "target", "problem"),
    [
        ("www.example.org", "other.example.org", "another domain of this project"),
        ("www.example.org", "www.example.org", "another domain of this project"),
        ("www.example.org", "*.example.net", "another domain of this project"),
        ("www.example.org", "viewed.box.test", "another domain of this project"),
        ("www.example.org", "old.example.net", "sent on only once"),
        ("new.example.net", "old.example.net", "sent on only once"),
        ("*.example.org", "example.net", "wildcard"),
    ],
)
async def test_redirect_that_leads_nowhere_or_on_is_refused(
    town: Town, custom: CustomDomains, domain: str, target: str, problem: str
) -> None:
    """Visitors are sent once, and to the same project."""
    await add(town, custom, "example.net")
    await add(town, custom, "*.example.net")
    await add(town, custom, "old.example.net", "example.net")
    with pytest.raises(Invalid, match="redirect") as caught:
        await add(town, custom, domain, target)
    assert problem in caught.value.message


@pytest.mark.usefixtures("deployed")
async def test_redirect_of_a_target_is_refused(town: Town, custom: CustomDomains) -> None:
    """What others lead to can't be sent on later either."""
    await add(town, custom, "example.org")
    await add(town, custom, "www.example.org", "Example.org.")
    with pytest.raises(Invalid, match="only once"):
        await domains.redirect(
            town.store,
            custom,
            SETTINGS,
            town.owner,
            town.project.id,
            "example.org",
            "owned.box.test",
        )


@pytest.mark.usefixtures("deployed")
async def test_removed_is_out_of_force_when_the_answer_comes(
    town: Town, custom: CustomDomains
) -> None:
    """Routes are applied after the row has gone, and before anybody is told."""
    rows: list[Any] = []

    async def apply() -> None:
        rows.append(await town.store.domains.of_project(town.project.id))

    await add(town, custom, "example.org")
    await domains.remove(
        town.store, replace(custom, apply_routes=apply), town.owner, town.project.id, "example.org"
    )
    assert rows == [[]]
