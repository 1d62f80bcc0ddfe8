import asyncio

from sotabox.events import Bus, DomainChanged
from sotabox.model.domain import Domain, DomainStatus
from sotabox.model.project import Project
from sotabox.store.domains import Refusal
from sotabox.store.store import Store
from tests.integration.store.conftest import heard


async def add(store: Store, project: Project, domain: str, to: str | None = None) -> Domain:
    added = await store.domains.insert(project.id, domain, "example.org", to, 5)
    assert isinstance(added, Domain)
    return added


async def test_insert_makes_a_domain_that_is_due(store: Store, project: Project) -> None:
    """A new domain is looked at without delay; its user is the project's owner."""
    added = await add(store, project, "shop.example.org")
    assert added.status is DomainStatus.PENDING
    assert added.user_id == project.user_id
    assert await store.domains.due(added.next_check_at, 10) == [added]
    assert await store.domains.of_project(project.id) == [added]
    assert await store.domains.served() == []


async def test_insert_of_a_taken_domain_is_refused(
    store: Store, project: Project, other_project: Project
) -> None:
    """One domain, one project, whoever asks first."""
    await add(store, project, "shop.example.org")
    again = await store.domains.insert(other_project.id, "shop.example.org", "example.org", None, 5)
    assert again is Refusal.TAKEN


async def test_insert_below_another_s_wildcard_is_refused(
    store: Store, project: Project, other_project: Project
) -> None:
    """Who has a wildcard has its names; the owner may give one of them to the same project."""
    await add(store, project, "*.example.org")
    below = ("a.example.org", "example.org", None, 5)
    assert await store.domains.insert(other_project.id, *below) is Refusal.COVERED
    assert isinstance(await store.domains.insert(project.id, *below), Domain)


async def test_insert_at_the_same_moment_keeps_the_limit(store: Store, project: Project) -> None:
    """A burst of requests gets no more than the setting says."""
    found = await asyncio.gather(
        *(
            store.domains.insert(project.id, f"n{number}.example.org", "example.org", None, 5)
            for number in range(20)
        )
    )
    assert sum(isinstance(one, Domain) for one in found) == 5
    assert found.count(Refusal.LIMIT) == 15


async def test_delete_ends_redirects_to_it(
    store: Store, project: Project, other_project: Project
) -> None:
    """No visitor is sent to a domain that is gone; another project's delete changes nothing."""
    apex = await add(store, project, "example.org")
    www = await add(store, project, "www.example.org", "example.org")
    assert not await store.domains.delete(apex.id, other_project.id)
    assert await store.domains.delete(apex.id, project.id)
    assert not await store.domains.delete(apex.id, project.id)
    (left,) = await store.domains.of_project(project.id)
    assert (left.id, left.redirect_to) == (www.id, None)


async def test_record_of_a_removed_domain_changes_nothing(store: Store, project: Project) -> None:
    """A check that ends after the removal does not bring the domain back."""
    domain = await add(store, project, "example.org")
    await store.domains.delete(domain.id, project.id)
    assert await store.domains.record(domain.id, status=DomainStatus.VERIFIED) is None
    assert await store.domains.served() == []


async def test_project_s_end_is_its_domains_end(store: Store, project: Project) -> None:
    """The rows go together."""
    await add(store, project, "example.org")
    await store.projects.delete(project.id)
    assert await store.domains.next_check_at() is None


async def test_changes_are_told(store: Store, project: Project, bus: Bus) -> None:
    """Who shows domains hears of each step."""
    with bus.subscribe() as subscription:
        domain = await add(store, project, "example.org")
        await store.domains.record(domain.id, status=DomainStatus.VERIFIED)
        await store.domains.delete(domain.id, project.id)
        assert await heard(bus, subscription) == [DomainChanged(project.id, domain.id)] * 3
