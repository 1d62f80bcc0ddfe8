"""Brings what waits in the store to the webhooks: at least once, in order for each webhook."""

import asyncio
import logging
import random
import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from sotabox.errors import Invalid, SotaboxError
from sotabox.events import Bus, DeploymentChanged, Lagged
from sotabox.model.deployment import Status
from sotabox.model.ids import new_id
from sotabox.model.times import format_time, now, parse_time
from sotabox.model.webhook import Attempt, Delivery, DeliveryStatus, Event, Webhook
from sotabox.store.store import Store
from sotabox.tasks import end_tasks
from sotabox.webhooks.addresses import Policy
from sotabox.webhooks.message import render_body, render_headers
from sotabox.webhooks.resolver import Refused, Resolver, Unresolved
from sotabox.webhooks.schedule import is_stale, next_pause, next_status
from sotabox.webhooks.sender import Sender, host_of

_AT_ONCE: Final = 8
_CHECK_S: Final = 5.0
_TROUBLE_PAUSE_S: Final = 30.0

_logger = logging.getLogger(__name__)


class Courier:
    """Sends deliveries. A webhook that is slow or away holds up its own deliveries only."""

    def __init__(
        self,
        store: Store,
        bus: Bus,
        policy: Policy,
        *,
        url_of: Callable[[str], str],
        version: str,
        trust: Callable[[], ssl.SSLContext] = ssl.create_default_context,
        pause: Callable[[int, float], timedelta] = next_pause,
    ) -> None:
        """A courier that carries nothing yet.

        Args:
            store: where deliveries wait.
            bus: tells of changes that may have caused some.
            policy: where deliveries may lead.
            url_of: where the app of a slug is reached, with its scheme.
            version: of sotabox, for receivers' logs.
            trust: whose certificates are accepted; asked when the first thing is sent.
            pause: how long to wait after so many attempts.
        """
        self._store = store
        self._bus = bus
        self._url_of = url_of
        self._version = version
        self._pause = pause
        self._resolver = Resolver(policy)
        self._sender = Sender(self._resolver, trust)
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._rounds: dict[str, asyncio.Task[None]] = {}
        self._looked_for: set[str] = set()  # webhooks with news since their round last looked

    async def check(self, url: str) -> None:
        """Says before a URL is kept whether anything may be sent there.

        A name without an address is fine: it may get one, and is judged anew each time.

        Raises:
            Invalid: it leads into the box, or into a network that is not public.
        """
        try:
            async with asyncio.timeout(_CHECK_S):
                await self._resolver.addresses(*host_of(url))
        except Refused as error:
            raise Invalid(
                f"This webhook can't be called: {error}",
                hint="A box for a private network allows it with SOTABOX_WEBHOOK_PRIVATE=true.",
            ) from error
        except (Unresolved, TimeoutError) as error:
            _logger.info("a webhook's host has no address yet: %s", error)

    async def run(self) -> None:
        """Carries what waits, until the bus closes. Rows decide; the bus only wakes."""
        with self._bus.subscribe() as news:
            await self.look()
            async for event in news:
                if isinstance(event, DeploymentChanged | Lagged):
                    await self.look()

    async def close(self) -> None:
        """Lets go of everything; what was not delivered still waits in the store."""
        await end_tasks(self._rounds.values())
        await self._sender.close()
        self._resolver.close()

    async def ping(self, webhook: Webhook) -> Delivery:
        """Tells a webhook at once that it was reached; how that went."""
        return await self._send_now(webhook, _fresh(webhook, Event.PING))

    async def resend(self, webhook: Webhook, old: Delivery) -> Delivery:
        """Sends an event once more, at once and apart from what waits; how that went."""
        again = _fresh(
            webhook,
            old.event,
            deployment_id=old.deployment_id,
            deployment_status=old.deployment_status,
            event_at=old.event_at,
            resent_from=old.id,
        )
        return await self._send_now(webhook, again)

    async def look(self) -> None:
        """Begins to carry what waits in the store; returns at once."""
        try:
            busy = await self._store.deliveries.busy_webhooks()
        except SotaboxError as error:
            _logger.warning("webhooks wait: %s", error)
            return
        for webhook_id in busy:
            self._looked_for.add(webhook_id)
            if webhook_id not in self._rounds:
                task = asyncio.create_task(self._round(webhook_id), name=f"webhook {webhook_id}")
                self._rounds[webhook_id] = task

    async def _round(self, webhook_id: str) -> None:
        """Carries all that waits for one webhook, one after the other."""
        try:
            while webhook_id in self._looked_for:
                self._looked_for.discard(webhook_id)
                try:
                    while (waiting := await self._store.deliveries.next_of(webhook_id)) is not None:
                        await self._deliver(waiting)
                except Exception:
                    _logger.exception("webhook %s has to wait", webhook_id)
                    await asyncio.sleep(_TROUBLE_PAUSE_S)
                    self._looked_for.add(webhook_id)
        finally:
            del self._rounds[webhook_id]

    async def _deliver(self, delivery: Delivery) -> None:
        wait = parse_time(delivery.next_attempt_at) - datetime.now(UTC)
        if wait > timedelta():
            await asyncio.sleep(wait.total_seconds())
        webhook = await self._store.webhooks.find(delivery.webhook_id)
        if webhook is None or not webhook.active:
            return
        if is_stale(delivery, datetime.now(UTC)):
            attempt = Attempt(error="given up: not delivered within a day", duration_ms=0)
            status = DeliveryStatus.FAILED
        else:
            attempt = await self._attempt(webhook, delivery)
            status = next_status(attempt, delivery.attempts + 1)
        pause = self._pause(delivery.attempts + 1, random.random())  # noqa: S311 - only spreads
        await self._store.deliveries.record(
            delivery, attempt, status, format_time(datetime.now(UTC) + pause)
        )

    async def _send_now(self, webhook: Webhook, delivery: Delivery) -> Delivery:
        attempt = await self._attempt(webhook, delivery)
        return await self._store.deliveries.insert_settled(delivery, attempt)

    async def _attempt(self, webhook: Webhook, delivery: Delivery) -> Attempt:
        project = await self._store.projects.find(webhook.project_id)
        app_url = self._url_of(project.slug) if project else ""
        body = render_body(delivery, app_url)
        headers = render_headers(delivery, body, webhook.secret, self._version)
        async with self._slots:
            return await self._sender.post(webhook.url, body, headers)


def _fresh(
    webhook: Webhook,
    event: Event,
    *,
    deployment_id: str | None = None,
    deployment_status: Status | None = None,
    event_at: str | None = None,
    resent_from: str | None = None,
) -> Delivery:
    moment = now()
    return Delivery(
        id=new_id(),
        webhook_id=webhook.id,
        project_id=webhook.project_id,
        event=event,
        deployment_id=deployment_id,
        deployment_status=deployment_status,
        event_at=event_at or moment,
        resent_from=resent_from,
        status=DeliveryStatus.WAITING,
        attempts=0,
        next_attempt_at=moment,
        response_status=None,
        response_body=None,
        error=None,
        duration_ms=None,
        created_at=moment,
        updated_at=moment,
    )
