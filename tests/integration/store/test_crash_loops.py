"""Crash loops: who asked for it is told when one begins, and when it is over."""

import msgspec

from sotabox.model.crash_loop import CrashLoop
from sotabox.model.deployment import Deployment, Status
from sotabox.model.ids import new_deployment_id
from sotabox.model.project import Project
from sotabox.model.webhook import Event
from sotabox.store.store import Store

LOOP = CrashLoop(
    restarts=3,
    exit_code=1,
    out_of_memory=False,
    since="2026-03-01T12:00:00.000Z",
    last_at="2026-03-01T12:01:00.000Z",
)


async def served(store: Store, project: Project) -> Deployment:
    made, _ = await store.deployments.insert_pending(new_deployment_id(), project.id, "", 9)
    for status in (Status.BUILDING, Status.BUILT, Status.DEPLOYING):
        await store.deployments.advance(made.id, status)
    running = await store.deployments.advance_to_running(made.id, phases={})
    assert running is not None
    return running[0]


async def test_beginning_and_end_of_a_loop_are_told_once_each(
    store: Store, project: Project
) -> None:
    """However often it crashes in between, or is looked at afterwards."""
    wanted = [Event.DEGRADED, Event.RECOVERED]
    webhook = await store.webhooks.insert(project.id, "https://hook.test", wanted, "s", 9)
    assert webhook is not None
    deployment = await served(store, project)
    over = msgspec.structs.replace(LOOP, over=True)
    for loop in (LOOP, msgspec.structs.replace(LOOP, restarts=4), over, over, LOOP):
        await store.crash_loops.put(deployment, loop)
        found = await store.deployments.find(deployment.id)
        assert found is not None
        deployment = found
    told = [delivery.event for _, delivery in await store.deliveries.page(webhook.id, None, 9)]
    assert told[::-1] == [Event.DEGRADED, Event.RECOVERED, Event.DEGRADED]
