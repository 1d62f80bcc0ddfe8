"""A swap is whole or isn't: upstream file and row say the same, whatever cuts it off.

Store, upstream files, locks and drains are real. The engine is away, which a swap must not notice.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import pytest

from sotabox.engine.client import Engine
from sotabox.engine.containers import Containers
from sotabox.engine.images import Images
from sotabox.errors import DiskFull, RouterUnavailable, Unavailable
from sotabox.events import Bus
from sotabox.model.deployment import Deployment, Source, Status
from sotabox.model.project import Project
from sotabox.model.user import Role
from sotabox.pipeline.attempt import Attempt
from sotabox.pipeline.candidate import Candidate
from sotabox.pipeline.drain import Drains
from sotabox.pipeline.guards import Guards
from sotabox.pipeline.locks import ProjectLocks
from sotabox.pipeline.log import DeploymentLog
from sotabox.pipeline.replicas import Started, replicas_of
from sotabox.pipeline.retention import Retention
from sotabox.pipeline.routes import Routes
from sotabox.pipeline.swap import Swap
from sotabox.pipeline.traffic import Visits, Watch
from sotabox.router.admin import Admin
from sotabox.router.binary import find_caddy
from sotabox.router.files import RouterFiles
from sotabox.router.process import Caddy
from sotabox.router.terms import RouterSettings
from sotabox.router.traffic import Traffic
from sotabox.router.upstream import Upstreams
from sotabox.settings import Settings
from sotabox.store.store import Store

OLD = Candidate("old", "10.9.0.2", 8080)
NEW = Candidate("new", "10.9.0.3", 8080)


@dataclass
class Box:
    swapping: Swap
    project: Project
    old: Deployment
    new: Deployment
    attempt: Attempt
    candidates: Started = (NEW,)

    def swap(self) -> "asyncio.Task[bool]":
        watch = Watch(_no_router)
        return asyncio.create_task(
            self.swapping.make(self.new.id, self.attempt, self.candidates, watch)
        )

    @property
    def upstream(self) -> str | None:
        return self.swapping.upstreams.read(self.project.id)

    async def statuses(self) -> tuple[Status, Status]:
        """Of the old deployment, and of the new one."""
        found = [await self.swapping.store.deployments.find(d.id) for d in (self.old, self.new)]
        old, new = (d.status for d in found if d is not None)
        return old, new


async def _no_router() -> Traffic:
    raise RouterUnavailable("Caddy is away, which a swap must not notice either")


@pytest.fixture
async def box(tmp_path: Path) -> AsyncIterator[Box]:
    """A project whose old version serves, and whose new one has just passed its health check."""
    settings = Settings(data_dir=tmp_path, drain_timeout_s=0)
    store = await Store.open(tmp_path, Bus())
    engine = Engine(f"unix://{tmp_path}/no-engine.sock", "swap-test")
    containers = Containers(engine)
    files = RouterFiles(tmp_path)
    upstreams = Upstreams(tmp_path / "upstreams")
    upstreams.prepare()
    admin = Admin(files.admin_socket)
    drains = Drains(containers, admin, timeout_s=0, grace_s=0)
    visits = Visits(store, admin, lambda slug: f"{slug}.box.test")
    caddy = Caddy(find_caddy({}), RouterSettings.of(settings), {})  # never started
    retention = Retention(settings, store, Images(engine), containers)
    swap = Swap(
        settings=settings,
        store=store,
        upstreams=upstreams,
        drains=drains,
        retention=retention,
        guards=Guards(
            store=store, containers=containers, visits=visits, submit=lambda _project, _id: None
        ),
        routes=Routes(store, caddy, upstreams, lambda slug: f"{slug}.box.test", lambda _: None),
        locks=ProjectLocks(),
        url_of=lambda slug: f"https://{slug}.box.test",
    )
    yield await populated(swap)
    await drains.close()
    await retention.close()
    await caddy.close()
    await engine.close()
    await store.close()


async def populated(swap: Swap) -> Box:
    store = swap.store
    user = await store.users.insert("ada@box.test", Role.MEMBER, None)
    assert user is not None
    project = await store.projects.insert(user.id, "App", "app-1")
    assert project is not None
    first, _ = await store.deployments.insert_pending("first", project.id, user.id, 10)
    await store.deployments.advance(first.id, Status.BUILDING)
    await store.deployments.advance(first.id, Status.BUILT, image_id="sha256:1", port=8080)
    await store.deployments.advance(first.id, Status.DEPLOYING)
    await swap.settle(first, replicas_of([OLD]), {})
    swap.upstreams.point(project.id, OLD.address)
    new = await store.deployments.insert_deploying("second", first, Source.REDEPLOY, user.id)
    log = DeploymentLog(store.logs.open(new.id))
    return Box(swap, project, first, new, Attempt(project, log))


async def test_swap_points_and_notes(box: Box, caplog: pytest.LogCaptureFixture) -> None:
    """Visitors, and the store, are with the new version; the old one is to drain."""
    assert await box.swap()
    assert box.upstream == NEW.address
    assert await box.statuses() == (Status.STOPPED, Status.RUNNING)
    if draining := box.swapping.drains._of(box.project.id):
        await asyncio.wait(draining)
    assert "an old container stays for now" in caplog.text  # as the engine is away
    last = list(box.swapping.store.logs.read(box.new.id))[-1]
    assert last.text == "[deploy] Live at https://app-1.box.test"


@pytest.mark.parametrize("steps", range(0, 40, 3))
async def test_stop_of_the_box_never_cuts_a_swap_in_two(box: Box, steps: int) -> None:
    """Cancelled at any moment: all old, or all new; and who is told to discard is not serving."""
    task = box.swap()
    for _ in range(steps):
        await asyncio.sleep(0.0001)
    task.cancel()
    (outcome,) = await asyncio.gather(task, return_exceptions=True)
    if box.upstream == NEW.address:
        assert await box.statuses() == (Status.STOPPED, Status.RUNNING)
    else:
        assert isinstance(outcome, asyncio.CancelledError)
        assert box.upstream == OLD.address
        assert await box.statuses() == (Status.RUNNING, Status.DEPLOYING)


async def test_swap_that_can_not_be_noted_is_undone(box: Box) -> None:
    """A full disk between file and row: visitors are back with the old version, which is kept."""
    writer = box.swapping.store.database._writer
    # SQLite's own bound on pages stands for the disk; a long error fills what is left.
    await writer.execute("PRAGMA max_page_count = 1")
    with pytest.raises(DiskFull):
        box.attempt.phases["filler" * 20_000] = 1
        await box.swap()
    assert box.upstream == OLD.address
    assert await box.statuses() == (Status.RUNNING, Status.DEPLOYING)
    assert box.swapping.drains.containers() == frozenset()


async def test_swap_whose_terms_can_not_be_read_is_undone(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database that is busy at the worst moment takes no version from its visitors."""

    async def fail(_project_id: str) -> NoReturn:
        raise Unavailable("The database is busy")

    monkeypatch.setattr(box.swapping.store.project_settings, "of", fail)
    with pytest.raises(Unavailable):
        await box.swap()
    assert box.upstream == OLD.address
    assert await box.statuses() == (Status.RUNNING, Status.DEPLOYING)


async def test_deployment_that_was_ended_is_not_swapped(box: Box) -> None:
    """A cancel that came first wins."""
    await box.swapping.store.deployments.advance(box.new.id, Status.STOPPED)
    assert not await box.swap()
    assert box.upstream == OLD.address
    assert await box.statuses() == (Status.RUNNING, Status.STOPPED)


async def test_swap_waits_for_whoever_holds_the_project(box: Box) -> None:
    """A repair, or a cancel, that is under way is not overtaken; waiting can be given up."""
    async with box.swapping.locks.of(box.project.id):
        task = box.swap()
        await asyncio.sleep(0.01)
        assert box.upstream == OLD.address
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert await box.statuses() == (Status.RUNNING, Status.DEPLOYING)


async def test_swap_that_nobody_counted_says_so(box: Box) -> None:
    """Without Caddy's counters there is a report all the same, which claims nothing."""
    assert await box.swap()
    found = await box.swapping.store.deployments.find(box.new.id)
    assert found is not None
    assert found.swap is not None
    assert (found.swap.requests, found.swap.lost) == (None, None)
    assert found.swap.switch_ms == found.phases["swap"]
    texts = [line.text for line in box.swapping.store.logs.read(box.new.id)]
    assert f"[deploy] Switched in {found.swap.switch_ms} ms" in texts


async def test_settling_again_changes_nothing(box: Box) -> None:
    """Recovery may note a swap that was noted."""
    assert await box.swap()
    await box.swapping.settle(box.new, replicas_of([NEW]), {})
    assert await box.statuses() == (Status.STOPPED, Status.RUNNING)


async def test_swap_to_more_than_the_route_has_slots_for_is_refused_while_caddy_is_away(
    box: Box,
) -> None:
    """Several addresses would reach a route that knows of one: visitors stay where they are."""
    box.candidates = (NEW, Candidate("newer", "10.9.0.4", 8080))
    with pytest.raises(RouterUnavailable):
        await box.swap()
    assert box.upstream == OLD.address
    assert await box.statuses() == (Status.RUNNING, Status.DEPLOYING)
