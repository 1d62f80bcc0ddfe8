"""From a deployment's row to a receiver: at least once, in order, whatever dies in between."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from sotabox.crypto.tokens import sign
from sotabox.events import Bus
from sotabox.model.deployment import Deployment, Source, Status
from sotabox.model.ids import new_deployment_id
from sotabox.model.project import Project
from sotabox.model.times import now
from sotabox.model.user import Role
from sotabox.model.webhook import (
    ATTEMPTS_MAX,
    DELIVERIES_KEPT,
    SUBSCRIBABLE,
    Attempt,
    Delivery,
    DeliveryStatus,
    Event,
    Webhook,
)
from sotabox.store.store import Store
from sotabox.webhooks.addresses import Policy
from sotabox.webhooks.courier import Courier
from tests.integration.webhooks.receiver import OK, Receiver, receiving

ERROR = b"HTTP/1.1 500 No\r\nContent-Length: 4\r\nConnection: close\r\n\r\noops"


class Office:
    """A store with a project, and a courier that may be at work or not."""

    def __init__(self, directory: Path, pause: timedelta = timedelta()) -> None:
        self.directory = directory
        self.pause = pause
        self.bus = Bus()

    async def open(self) -> None:
        self.store = await Store.open(self.directory, self.bus)
        user = await self.store.users.insert("ada@box.test", Role.MEMBER, None)
        if user is not None:
            self.user = user
            project = await self.store.projects.insert(user.id, "App", "app")
            assert project is not None
            self.project: Project = project

    async def webhook(
        self, receiver: Receiver, events: tuple[Event, ...] = SUBSCRIBABLE
    ) -> Webhook:
        url = f"http://127.0.0.1:{receiver.port}/hook"
        webhook = await self.store.webhooks.insert(self.project.id, url, events, "whsec_1", 10)
        assert webhook is not None
        return webhook

    async def pending(self) -> Deployment:
        deployment, _ = await self.store.deployments.insert_pending(
            new_deployment_id(), self.project.id, self.user.id, 1000
        )
        return deployment

    async def deploy(self, *statuses: Status) -> Deployment:
        deployment = await self.pending()
        for status in statuses:
            moved = await self.store.deployments.advance(deployment.id, status)
            assert moved is not None
        return deployment

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[Courier]:
        courier = Courier(
            self.store,
            self.bus,
            Policy(private=True, own_networks=()),
            url_of=lambda slug: f"https://{slug}.box.test",
            version="test",
            pause=lambda _attempts, _random: self.pause,
        )
        task = asyncio.create_task(courier.run())
        try:
            yield courier
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await courier.close()

    async def settled(self, webhook: Webhook, count: int) -> list[Delivery]:
        """The deliveries of a webhook, oldest first, once `count` of them are settled."""
        async with asyncio.timeout(20):
            while True:
                rows = await self.store.deliveries.page(webhook.id, None, 1000)
                found = [delivery for _, delivery in reversed(rows)]
                if sum(d.status is not DeliveryStatus.WAITING for d in found) >= count:
                    return found
                await asyncio.sleep(0.01)


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    office = Office(tmp_path)
    await office.open()
    yield office
    await office.store.close()


SERVED = (Status.BUILDING, Status.BUILT, Status.DEPLOYING, Status.RUNNING)


async def test_deploy_is_told_from_its_start_to_its_end_and_signed(office: Office) -> None:
    """Two events, in order; the body is what the hosted service sends."""
    async with receiving() as receiver, office.at_work():
        await office.webhook(receiver)
        deployment = await office.deploy(*SERVED)
        first, second = await receiver.wait_for(2)
    bodies = [json.loads(request.body) for request in (first, second)]
    assert [body["event"] for body in bodies] == ["deploy.started", "deploy.succeeded"]
    assert [body["data"]["status"] for body in bodies] == ["building", "running"]
    assert {body["deployment_id"] for body in bodies} == {deployment.id}
    assert {body["data"]["url"] for body in bodies} == {"https://app.box.test"}
    for request in (first, second):
        assert request.header("x-sota-signature") == f"sha256={sign(request.body, 'whsec_1')}"


async def test_kill_between_the_deploy_and_its_delivery_loses_nothing(office: Office) -> None:
    """What was committed is told by the next process, even if this one never got to it."""
    async with receiving() as receiver:
        await office.webhook(receiver)
        await office.deploy(*SERVED)  # nobody delivers: as if killed right after the commit
        await office.store.close()
        await office.open()
        async with office.at_work():
            requests = await receiver.wait_for(2)
    events = [json.loads(request.body)["event"] for request in requests]
    assert events == ["deploy.started", "deploy.succeeded"]


async def test_kill_in_the_middle_of_a_delivery_repeats_it(office: Office) -> None:
    """At least once: what was sent, but not noted, is sent again under the same id."""
    arrived = asyncio.Event()

    async def hang(writer: asyncio.StreamWriter) -> None:
        arrived.set()
        await writer.wait_closed()

    async with receiving(hang, OK) as receiver:
        webhook = await office.webhook(receiver, (Event.SUCCEEDED,))
        await office.deploy(*SERVED)
        async with office.at_work():
            async with asyncio.timeout(20):
                await arrived.wait()
        async with office.at_work():
            first, second = await receiver.wait_for(2)
            await office.settled(webhook, 1)
    assert first.body == second.body
    assert first.header("x-sota-delivery") == second.header("x-sota-delivery")


async def test_failure_is_tried_again_and_holds_back_what_comes_after(office: Office) -> None:
    """Order is kept: nobody hears of an end before its beginning."""
    async with receiving(ERROR, ERROR, OK) as receiver, office.at_work():
        webhook = await office.webhook(receiver)
        await office.deploy(*SERVED)
        requests = await receiver.wait_for(4)
        started, succeeded = await office.settled(webhook, 2)
    events = [json.loads(request.body)["event"] for request in requests]
    assert events == ["deploy.started"] * 3 + ["deploy.succeeded"]
    assert (started.attempts, started.status) == (3, DeliveryStatus.DELIVERED)
    assert (succeeded.attempts, succeeded.response_status) == (1, 200)


async def test_receiver_that_always_fails_is_given_up(office: Office) -> None:
    """After a bounded number of attempts; the log holds the last answer, and the next comes."""
    async with receiving(*[ERROR] * ATTEMPTS_MAX, OK) as receiver, office.at_work():
        webhook = await office.webhook(receiver)
        await office.deploy(*SERVED)
        started, succeeded = await office.settled(webhook, 2)
    assert (started.status, started.attempts) == (DeliveryStatus.FAILED, ATTEMPTS_MAX)
    assert (started.response_status, started.response_body) == (500, "oops")
    assert succeeded.status is DeliveryStatus.DELIVERED


async def test_pause_outlives_a_restart(office: Office) -> None:
    """A restart does not hammer a receiver that asked for rest."""
    office.pause = timedelta(hours=1)
    async with receiving(ERROR) as receiver:
        webhook = await office.webhook(receiver)
        await office.deploy(*SERVED)
        async with office.at_work():
            await receiver.wait_for(1)
            async with asyncio.timeout(20):
                while not (waits := await office.store.deliveries.next_of(webhook.id)):
                    await asyncio.sleep(0.01)
                while waits is not None and waits.attempts == 0:
                    await asyncio.sleep(0.01)
                    waits = await office.store.deliveries.next_of(webhook.id)
        async with office.at_work():
            await office.deploy(Status.BUILDING)
        assert len(receiver.requests) == 1
    assert waits is not None
    assert waits.next_attempt_at > now()


async def test_slow_webhook_holds_up_nobody_else(office: Office) -> None:
    """Each has a line of its own."""
    silence = asyncio.Event()

    async def hang(_: asyncio.StreamWriter) -> None:
        await silence.wait()

    async with receiving(hang) as slow, receiving() as quick, office.at_work():
        await office.webhook(slow)
        await office.webhook(quick)
        await office.deploy(*SERVED)
        await quick.wait_for(2)
        silence.set()


async def test_only_what_was_subscribed_to_is_told(office: Office) -> None:
    """And only to webhooks that are active."""
    async with receiving() as receiver, receiving() as asleep, office.at_work():
        webhook = await office.webhook(receiver, (Event.FAILED,))
        paused = await office.webhook(asleep)
        await office.store.webhooks.change(paused.id, url=None, events=None, active=False)
        await office.deploy(*SERVED)
        await office.deploy(Status.BUILDING, Status.FAILED)
        (told,) = await office.settled(webhook, 1)
    assert (told.event, told.deployment_status) == (Event.FAILED, Status.FAILED)
    assert asleep.requests == []


async def test_start_that_is_repeated_after_a_crash_is_told_once(office: Office) -> None:
    """A build that starts over is the same deploy."""
    async with receiving() as receiver, office.at_work():
        webhook = await office.webhook(receiver)
        await office.deploy(Status.BUILDING, Status.PENDING, Status.BUILDING, Status.FAILED)
        told = await office.settled(webhook, 2)
    assert [d.event for d in told] == [Event.STARTED, Event.FAILED]


async def test_superseded_before_it_began_is_not_told(office: Office) -> None:
    """It never started; but where a crash put it back in line, its end is told."""
    async with receiving() as receiver, office.at_work():
        webhook = await office.webhook(receiver)
        await office.pending()
        begun = await office.deploy(Status.BUILDING, Status.PENDING)  # supersedes the first
        await office.pending()  # supersedes the second
        told = await office.settled(webhook, 2)
    assert [(d.event, d.deployment_id) for d in told] == [
        (Event.STARTED, begun.id),
        (Event.FAILED, begun.id),
    ]
    assert told[1].deployment_status is Status.STOPPED


async def test_rollback_and_redeploy_are_told_too(office: Office) -> None:
    """They start with their container, without a build."""
    async with receiving() as receiver, office.at_work():
        webhook = await office.webhook(receiver)
        release = await office.pending()
        await office.store.deployments.insert_deploying(
            new_deployment_id(), release, Source.ROLLBACK, office.user.id
        )
        (told,) = await office.settled(webhook, 1)
    assert (told.event, told.deployment_status) == (Event.STARTED, Status.DEPLOYING)


async def test_ping_and_resend_are_sent_at_once_and_logged(office: Office) -> None:
    """A person who tries something sees how it went."""
    async with receiving(OK, OK, ERROR) as receiver, office.at_work() as courier:
        webhook = await office.webhook(receiver, (Event.SUCCEEDED,))
        await office.deploy(*SERVED)
        (told,) = await office.settled(webhook, 1)
        ping = await courier.ping(webhook)
        again = await courier.resend(webhook, told)
    assert (ping.event, ping.status, ping.attempts) == (Event.PING, DeliveryStatus.DELIVERED, 1)
    assert (again.status, again.resent_from) == (DeliveryStatus.FAILED, told.id)
    first, _, last = receiver.requests
    assert first.body == last.body
    assert [d.id for d in await office.settled(webhook, 3)] == [told.id, ping.id, again.id]


async def test_log_of_deliveries_is_bounded(office: Office) -> None:
    """The newest are kept; what still waits is never forgotten."""
    async with receiving(ERROR) as receiver:
        webhook = await office.webhook(receiver)
        await office.deploy(Status.BUILDING)
        attempt = Attempt(response_status=200, duration_ms=1)
        template = (await office.store.deliveries.page(webhook.id, None, 1))[0][1]
        made = []
        for number in range(DELIVERIES_KEPT + 20):
            sent = Delivery(
                **{field: getattr(template, field) for field in template.__struct_fields__}
                | {"id": f"ping-{number}", "event": Event.PING, "deployment_id": None}
            )
            made.append(await office.store.deliveries.insert_settled(sent, attempt))
        kept = [d.id for _, d in await office.store.deliveries.page(webhook.id, None, 1000)]
    assert kept == [*(d.id for d in reversed(made[20:])), template.id]


async def test_events_of_yesterday_are_given_up_unsent(office: Office) -> None:
    """After a long absence, receivers are spared what is over."""
    async with receiving() as receiver:
        webhook = await office.webhook(receiver)
        await office.deploy(Status.BUILDING)
        async with office.store.database.transaction() as transaction:
            await transaction.execute("UPDATE deliveries SET event_at = '2020-01-01T00:00:00.000Z'")
        async with office.at_work():
            (told,) = await office.settled(webhook, 1)
        assert receiver.requests == []
    assert told.status is DeliveryStatus.FAILED
    assert told.error is not None
    assert "within a day" in told.error


async def test_webhook_that_is_deleted_takes_its_deliveries_along(office: Office) -> None:
    """Nothing is sent any more, and nothing is left."""
    office.pause = timedelta(hours=1)
    async with receiving(ERROR) as receiver, office.at_work():
        webhook = await office.webhook(receiver)
        await office.deploy(*SERVED)
        await receiver.wait_for(1)
        assert await office.store.webhooks.delete(webhook.id, office.project.id)
    assert await office.store.deliveries.page(webhook.id, None, 10) == []
    assert await office.store.deliveries.busy_webhooks() == []
