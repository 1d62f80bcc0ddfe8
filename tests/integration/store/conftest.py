"""A real store on a real disk, with a user, a project, and an ear on the bus."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sotabox.events import Bus, Event, Subscription
from sotabox.model.project import Project
from sotabox.model.user import Role, User
from sotabox.store.store import Store


@pytest.fixture
def bus() -> Bus:
    return Bus()


@pytest.fixture
async def store(tmp_path: Path, bus: Bus) -> AsyncIterator[Store]:
    store = await Store.open(tmp_path / "box", bus)
    yield store
    await store.close()


@pytest.fixture
async def user(store: Store) -> User:
    user = await store.users.insert("ada@box.test", Role.MEMBER, None)
    assert user is not None
    return user


@pytest.fixture
async def project(store: Store, user: User) -> Project:
    project = await store.projects.insert(user.id, "My App", "my-app")
    assert project is not None
    return project


@pytest.fixture
async def other_project(store: Store, user: User) -> Project:
    project = await store.projects.insert(user.id, "Other", "other")
    assert project is not None
    return project


async def heard(bus: Bus, subscription: Subscription) -> list[Event]:
    """Closes the bus, and gives what it told since the subscription."""
    bus.close()
    return [event async for event in subscription]
