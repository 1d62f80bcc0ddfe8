"""People with a project each, on a real store."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from sotabox.model.project import Project
from sotabox.model.user import Role
from sotabox.operations.actor import Actor
from sotabox.pipeline.pipeline import Pipeline
from sotabox.store.store import Store
from tests.in_process import open_site


@dataclass(frozen=True)
class Town:
    """An admin, a member with a project, a stranger who is a member too, and two viewers."""

    store: Store
    pipeline: Pipeline
    admin: Actor
    owner: Actor
    stranger: Actor
    viewer: Actor  # owns a project that was made before the role was taken away
    project: Project
    viewed: Project


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    async with open_site(tmp_path) as site:
        owner = await site.user("owner@box.test")
        viewer = await site.user("viewer@box.test", Role.VIEWER)
        yield Town(
            store=site.box.store,
            pipeline=site.box.pipeline,
            admin=Actor(site.admin),
            owner=Actor(owner),
            stranger=Actor(await site.user("stranger@box.test")),
            viewer=Actor(viewer),
            project=await site.project("owned", owner),
            viewed=await site.project("viewed", viewer),
        )
