"""Deployments in a real database: transitions, numbers, the queue's bound, releases."""

import asyncio
import itertools
import sqlite3

import pytest

from sotabox.errors import ProjectDeleting, QueueFull
from sotabox.events import Bus, DeploymentChanged
from sotabox.model.deployment import TRANSITIONS, Deployment, Source, Status
from sotabox.model.ids import new_deployment_id
from sotabox.model.project import Project
from sotabox.model.replica import Replica
from sotabox.model.user import User
from sotabox.store.store import Store
from tests.integration.store.conftest import heard

ROUTES = {
    Status.PENDING: (),
    Status.BUILDING: (Status.BUILDING,),
    Status.BUILT: (Status.BUILDING, Status.BUILT),
    Status.DEPLOYING: (Status.DEPLOYING,),
    Status.RUNNING: (Status.DEPLOYING, Status.RUNNING),
    Status.STOPPED: (Status.STOPPED,),
    Status.FAILED: (Status.FAILED,),
}


async def pending(store: Store, project: Project, queue_max: int = 100) -> Deployment:
    deployment, _ = await store.deployments.insert_pending(
        new_deployment_id(), project.id, project.user_id, queue_max
    )
    return deployment


async def in_state(store: Store, project: Project, status: Status) -> Deployment:
    """A deployment that went to `status` as one in life would."""
    deployment = await pending(store, project)
    for step in ROUTES[status]:
        moved = await store.deployments.advance(deployment.id, step)
        assert moved is not None
        deployment = moved
    return deployment


async def served(store: Store, project: Project, image: str) -> Deployment:
    """A deployment of an image that became the running one."""
    deployment = await pending(store, project)
    await store.deployments.advance(deployment.id, Status.BUILDING)
    await store.deployments.advance(
        deployment.id, Status.BUILT, image_id=image, image_tag="t", port=8080, framework="flask"
    )
    await store.deployments.advance(deployment.id, Status.DEPLOYING)
    return await run(store, deployment)


async def run(store: Store, deployment: Deployment) -> Deployment:
    both = await store.deployments.advance_to_running(
        deployment.id,
        phases={},
        url="my-app.box.test",
        replicas=(Replica(f"c{deployment.number}", "10.9.0.2:8080"),),
    )
    assert both is not None
    return both[0]


@pytest.mark.parametrize(("before", "after"), list(itertools.product(Status, Status)))
async def test_every_pair_of_states_is_allowed_or_refused_by_the_table(
    store: Store, bus: Bus, project: Project, before: Status, after: Status
) -> None:
    """A refused move changes nothing and tells nobody; an allowed one does both."""
    deployment = await in_state(store, project, before)
    with bus.subscribe() as news:
        moved = await store.deployments.advance(deployment.id, after, error="why")
        events = await heard(bus, news)
    found = await store.deployments.find(deployment.id)
    assert found is not None
    if after in TRANSITIONS[before]:
        assert moved == found
        assert (found.status, found.error) == (after, "why")
        assert events == [DeploymentChanged(project.id, deployment.id, after)]
    else:
        assert moved is None
        assert found == deployment
        assert events == []


async def test_two_who_end_a_deployment_at_once_only_one_succeeds(
    store: Store, project: Project
) -> None:
    """A cancel and a failure in the same moment: the first decides, the other learns of it."""
    deployment = await in_state(store, project, Status.DEPLOYING)
    ends = [Status.STOPPED, Status.FAILED, Status.RUNNING] * 10
    moved = await asyncio.gather(*(store.deployments.advance(deployment.id, e) for e in ends))
    winners = [m.status for m in moved if m is not None]
    # running may still be followed by one of the others: never two final states
    assert len([w for w in winners if w in {Status.STOPPED, Status.FAILED}]) == 1


async def test_numbers_are_without_gap_or_double_under_concurrency(
    store: Store, project: Project, other_project: Project
) -> None:
    """Sixty uploads in one moment get the numbers 1 to 30 in each of two projects."""
    await asyncio.gather(
        *(pending(store, p, queue_max=10**6) for p in [project, other_project] * 30)
    )
    for each in (project, other_project):
        page = await store.deployments.page(each.id, None, 100)
        assert [d.number for d in page] == list(range(30, 0, -1))


async def test_newer_upload_supersedes_the_one_that_waits(
    store: Store, bus: Bus, project: Project, other_project: Project
) -> None:
    """Only the newest version waits for a build; the one before is told why it ended."""
    first = await pending(store, project)
    elsewhere = await pending(store, other_project)
    with bus.subscribe() as news:
        second, superseded = await store.deployments.insert_pending(
            new_deployment_id(), project.id, project.user_id, 100
        )
        events = await heard(bus, news)
    assert [(d.id, d.status) for d in superseded] == [(first.id, Status.STOPPED)]
    assert (superseded[0].error or "").startswith("Superseded")
    assert events == [
        DeploymentChanged(project.id, first.id, Status.STOPPED),
        DeploymentChanged(project.id, second.id, Status.PENDING),
    ]
    assert await store.deployments.find(elsewhere.id) == elsewhere


async def test_upload_supersedes_nothing_that_is_built_already(
    store: Store, project: Project
) -> None:
    """What is being built, deployed or running goes on."""
    under_way = await in_state(store, project, Status.BUILDING)
    _, superseded = await store.deployments.insert_pending(
        new_deployment_id(), project.id, project.user_id, 100
    )
    assert superseded == []
    assert await store.deployments.find(under_way.id) == under_way


async def test_full_queue_refuses_and_changes_nothing(
    store: Store, bus: Bus, project: Project, other_project: Project
) -> None:
    """Above the bound an upload is refused with a time to come back; who waits goes on waiting."""
    waiting = await pending(store, project)
    with bus.subscribe() as news:
        with pytest.raises(QueueFull) as caught:
            await pending(store, other_project, queue_max=1)
        assert await heard(bus, news) == []
    assert caught.value.retry_after_s > 0
    assert await store.deployments.find(waiting.id) == waiting
    assert await store.deployments.page(other_project.id, None, 10) == []


async def test_full_queue_lets_a_project_replace_its_own_waiting_version(
    store: Store, project: Project
) -> None:
    """Who waits already takes no second place: uploading again works at the bound."""
    await pending(store, project, queue_max=1)
    newer = await pending(store, project, queue_max=1)
    assert newer.number == 2


async def test_refused_upload_supersedes_nothing(
    store: Store, project: Project, other_project: Project
) -> None:
    """A refusal rolls back all: the waiting version is not stopped for one that never came."""
    mine = await pending(store, project)
    await pending(store, other_project)
    with pytest.raises(QueueFull):
        await pending(store, project, queue_max=1)
    assert await store.deployments.find(mine.id) == mine


async def test_project_on_its_way_out_takes_nothing(store: Store, project: Project) -> None:
    """From the first moment of a deletion nothing new begins."""
    release = await served(store, project, "sha256:a")
    await store.projects.mark_deleting(project.id)
    with pytest.raises(ProjectDeleting):
        await pending(store, project)
    with pytest.raises(ProjectDeleting):
        await store.deployments.insert_deploying("x", release, Source.ROLLBACK, project.user_id)


async def test_swap_stops_the_one_before_in_the_same_transaction(
    store: Store, bus: Bus, project: Project
) -> None:
    """There is never a moment with two running versions, or with none."""
    old = await served(store, project, "sha256:a")
    new = await in_state(store, project, Status.DEPLOYING)
    two = (Replica("c2", "10.9.0.3:8080"), Replica("c3", "10.9.0.4:8080"))
    with bus.subscribe() as news:
        both = await store.deployments.advance_to_running(
            new.id,
            phases={"swap": 2},
            url="my-app.box.test",
            replicas=two,
        )
        events = await heard(bus, news)
    assert both is not None
    now, before = both
    assert before is not None
    assert (before.id, before.status, before.replicas[0].container_id) == (
        old.id,
        Status.STOPPED,
        "c1",
    )
    assert (now.status, now.replicas, now.phases) == (Status.RUNNING, two, {"swap": 2})
    assert await store.deployments.running(project.id) == now
    assert await store.deployments.find(old.id) == before
    assert events == [
        DeploymentChanged(project.id, old.id, Status.STOPPED),
        DeploymentChanged(project.id, new.id, Status.RUNNING),
    ]


async def test_swap_of_a_cancelled_deployment_leaves_the_running_one(
    store: Store, project: Project
) -> None:
    """A version that was cancelled before its swap does not stop the one that serves."""
    old = await served(store, project, "sha256:a")
    new = await in_state(store, project, Status.DEPLOYING)
    await store.deployments.advance(new.id, Status.STOPPED)
    assert await store.deployments.advance_to_running(new.id, phases={}) is None
    assert await store.deployments.advance_to_running("no such", phases={}) is None
    assert await store.deployments.running(project.id) == old


async def test_swap_is_noted_once(store: Store, project: Project) -> None:
    """Repeating the bookkeeping, as recovery may, changes nothing."""
    now = await served(store, project, "sha256:a")
    assert await store.deployments.advance_to_running(now.id, phases={}) is None
    assert await store.deployments.running(project.id) == now


async def test_second_running_deployment_is_refused_by_the_schema(
    store: Store, project: Project
) -> None:
    """Even a fault of ours can't make two versions of a project running."""
    await served(store, project, "sha256:a")
    new = await in_state(store, project, Status.DEPLOYING)
    with pytest.raises(sqlite3.IntegrityError):
        await store.deployments.advance(new.id, Status.RUNNING)
    found = await store.deployments.find(new.id)
    assert found is not None
    assert found.status is Status.DEPLOYING


async def test_unknown_column_is_refused(store: Store, project: Project) -> None:
    """Only columns that are meant to change can be named; nothing else reaches the SQL."""
    deployment = await pending(store, project)
    with pytest.raises(ValueError, match="not columns that change"):
        await store.deployments.record(deployment.id, **{"status = 'running' --": "x"})
    with pytest.raises(ValueError, match="not columns that change"):
        await store.deployments.advance(deployment.id, Status.BUILDING, number=7)
    assert await store.deployments.find(deployment.id) == deployment


async def test_phases_add_up(store: Store, project: Project) -> None:
    """Durations from different moments stand beside each other."""
    deployment = await pending(store, project)
    await store.deployments.record_phase(deployment.id, "upload", 12)
    await store.deployments.advance(deployment.id, Status.BUILDING, phases={"queue": 3})
    await store.deployments.record_phase(deployment.id, "drain", 40)
    found = await store.deployments.find(deployment.id)
    assert found is not None
    assert found.phases == {"upload": 12, "queue": 3, "drain": 40}


async def test_pages_cover_all_once(store: Store, project: Project) -> None:
    """Going through pages shows each deployment once, newest first, and then ends."""
    for _ in range(7):
        await pending(store, project)
    seen: list[int] = []
    before: int | None = None
    while page := await store.deployments.page(project.id, before, 3):
        assert len(page) <= 3
        seen += [d.number for d in page]
        before = page[-1].number
    assert seen == [7, 6, 5, 4, 3, 2, 1]
    assert await store.deployments.page(project.id, 0, 3) == []


async def test_page_is_stable_while_deployments_come(store: Store, project: Project) -> None:
    """A deployment that comes between two pages shifts nothing."""
    for _ in range(4):
        await pending(store, project)
    first = await store.deployments.page(project.id, None, 2)
    await pending(store, project)
    second = await store.deployments.page(project.id, first[-1].number, 2)
    assert [d.number for d in first + second] == [4, 3, 2, 1]


async def test_current_release_is_the_running_one(store: Store, project: Project) -> None:
    """A redeploy repeats what serves, whatever was tried since."""
    assert await store.releases.current(project.id) is None
    now = await served(store, project, "sha256:a")
    await in_state(store, project, Status.FAILED)
    assert await store.releases.current(project.id) == now


async def test_current_release_is_the_last_that_ran(store: Store, project: Project) -> None:
    """Where nothing runs, the last version that did is the one to repeat; a failed try is not."""
    ran = await served(store, project, "sha256:a")
    await store.deployments.advance(ran.id, Status.FAILED)
    tried = await in_state(store, project, Status.BUILT)
    await store.deployments.advance(tried.id, Status.FAILED, image_id="sha256:b")
    found = await store.releases.current(project.id)
    assert found is not None
    assert found.id == ran.id


async def test_previous_release_is_the_newest_other_image_that_served(
    store: Store, project: Project
) -> None:
    """Going back skips redeploys of the same image, and versions that never served."""
    first = await served(store, project, "sha256:a")
    await served(store, project, "sha256:b")
    tried = await in_state(store, project, Status.BUILDING)
    await store.deployments.advance(tried.id, Status.FAILED, image_id="sha256:never")
    again = await served(store, project, "sha256:b")
    previous = await store.releases.previous(again)
    assert previous is not None
    assert previous.id == first.id
    assert await store.releases.previous(first) is None


async def test_forgotten_image_is_no_previous_release(store: Store, project: Project) -> None:
    """A version whose image was removed can't be gone back to; its row stays."""
    first = await served(store, project, "sha256:a")
    second = await served(store, project, "sha256:b")
    await store.releases.forget(project.id, "sha256:a")
    assert await store.releases.previous(second) is None
    assert [d.id for d in await store.releases.kept(project.id)] == [second.id]
    kept = await store.deployments.find(first.id)
    assert kept is not None
    assert (kept.image_id, kept.url) == (None, "my-app.box.test")


async def test_rollback_is_a_new_deployment_of_the_old_release(
    store: Store, project: Project
) -> None:
    """It has the old image, port and plan, and a number and history of its own."""
    first = await served(store, project, "sha256:a")
    await served(store, project, "sha256:b")
    back = await store.deployments.insert_deploying(
        new_deployment_id(), first, Source.ROLLBACK, project.user_id
    )
    assert (back.number, back.status, back.source) == (3, Status.DEPLOYING, Source.ROLLBACK)
    assert (back.image_id, back.port, back.framework) == ("sha256:a", 8080, "flask")
    assert (back.source_deployment_id, back.url, back.replicas) == (first.id, None, ())


async def test_return_of_the_only_version_says_why_with_its_rollback(
    store: Store, project: Project
) -> None:
    """A version that fails its visitors gives way to the one before, and I read the reason."""
    first = await served(store, project, "sha256:a")
    failing = await served(store, project, "sha256:b")
    back = await store.deployments.insert_return("back", failing, first, error="why", hint="how")
    noted = await store.deployments.find(failing.id)
    assert back is not None
    assert noted is not None
    assert (back.status, back.source, back.image_id) == (
        Status.DEPLOYING, Source.ROLLBACK, "sha256:a",
    )  # fmt: skip
    assert (noted.error, noted.hint, noted.status) == ("why", "how", Status.RUNNING)


@pytest.mark.parametrize("newer", [Status.PENDING, Status.DEPLOYING, Status.RUNNING])
async def test_return_never_undoes_somebody_s_correction(
    store: Store, project: Project, newer: Status
) -> None:
    """What I deployed while the guard made up its mind is not rolled back behind me."""
    first = await served(store, project, "sha256:a")
    failing = await served(store, project, "sha256:b")
    if newer is Status.RUNNING:
        mine = await served(store, project, "sha256:c")
    else:
        mine = await in_state(store, project, newer)
    assert await store.deployments.insert_return("back", failing, first, error="why") is None
    noted = await store.deployments.find(failing.id)
    assert noted is not None
    assert noted.error is None
    assert (await store.deployments.page(project.id, None, 1))[0].id == mine.id


async def test_unfinished_are_all_that_a_start_must_look_at(store: Store, project: Project) -> None:
    """Oldest first; what ended is left out."""
    running = await served(store, project, "sha256:a")
    await in_state(store, project, Status.FAILED)
    await in_state(store, project, Status.STOPPED)
    building = await in_state(store, project, Status.BUILDING)
    assert [d.id for d in await store.deployments.unfinished()] == [running.id, building.id]


async def test_deleted_project_takes_its_rows_along(
    store: Store, user: User, project: Project
) -> None:
    """Nothing of a deleted project stays in the database."""
    deployment = await pending(store, project)
    await store.env_vars.upsert(project.id, "A", "1", 10)
    await store.projects.delete(project.id)
    assert await store.deployments.find(deployment.id) is None
    assert await store.env_vars.of_project(project.id) == []
    assert await store.deployments.ids() == frozenset()
    assert await store.users.find(user.id) == user
