"""Webhooks of a project: made, listed, changed, removed, tried; and what they were sent."""

from collections.abc import Sequence

from sotabox.crypto.tokens import new_webhook_secret
from sotabox.errors import Conflict, Detail, Invalid, NotFound
from sotabox.model.webhook import (
    WEBHOOKS_MAX,
    Delivery,
    Event,
    Webhook,
    check_events,
    check_url,
)
from sotabox.operations.actor import Actor, changeable_project, visible_project
from sotabox.store.store import Store
from sotabox.webhooks.courier import Courier


async def create(
    store: Store, courier: Courier, actor: Actor, ref: str, url: str, events: Sequence[str]
) -> Webhook:
    """A new webhook with its secret; this is the only time that the secret is shown.

    Raises:
        Invalid: the URL is none, or leads into the box; or there is no such event.
        Conflict: the project has enough of them.
    """
    project = await changeable_project(store, actor, ref)
    _check(url, events)
    await courier.check(url)
    webhook = await store.webhooks.insert(
        project.id, url, [Event(event) for event in events], new_webhook_secret(), WEBHOOKS_MAX
    )
    if webhook is None:
        raise Conflict(
            f"A project has at most {WEBHOOKS_MAX} webhooks", hint="Delete one of them first."
        )
    return webhook


async def of(store: Store, actor: Actor, ref: str) -> list[Webhook]:
    """A project's webhooks, oldest first."""
    project = await visible_project(store, actor, ref)
    return await store.webhooks.of_project(project.id)


async def change(
    store: Store,
    courier: Courier,
    actor: Actor,
    ref: str,
    webhook_id: str,
    *,
    url: str | None,
    events: Sequence[str] | None,
    active: bool | None,
) -> Webhook:
    """Sets what is given of a webhook; its secret stays.

    Raises:
        NotFound: the project has no such webhook.
        Invalid: as for `create`.
    """
    webhook = await _changeable(store, actor, ref, webhook_id)
    _check(url, events)
    if url is not None:
        await courier.check(url)
    chosen = None if events is None else [Event(event) for event in events]
    changed = await store.webhooks.change(webhook.id, url=url, events=chosen, active=active)
    if changed is None:
        raise _absent()
    await courier.look()
    return changed


async def delete(store: Store, actor: Actor, ref: str, webhook_id: str) -> None:
    """Removes a webhook with its deliveries.

    Raises:
        NotFound: the project has no such webhook.
    """
    project = await changeable_project(store, actor, ref)
    if not await store.webhooks.delete(webhook_id, project.id):
        raise _absent()


async def ping(store: Store, courier: Courier, actor: Actor, ref: str, webhook_id: str) -> Delivery:
    """Sends a webhook a ping, at once; how that went.

    Raises:
        NotFound: the project has no such webhook.
    """
    return await courier.ping(await _changeable(store, actor, ref, webhook_id))


async def resend(
    store: Store, courier: Courier, actor: Actor, ref: str, webhook_id: str, delivery_id: str
) -> Delivery:
    """Sends what was sent once more, at once; how that went.

    Raises:
        NotFound: the project has no such webhook, or that was sent no such thing.
    """
    webhook = await _changeable(store, actor, ref, webhook_id)
    delivery = await store.deliveries.find(delivery_id)
    if delivery is None or delivery.webhook_id != webhook.id:
        raise NotFound("This webhook was sent no such delivery")
    return await courier.resend(webhook, delivery)


async def get(store: Store, actor: Actor, ref: str, webhook_id: str) -> Webhook:
    """A webhook of a project.

    Raises:
        NotFound: the project has none of that id.
    """
    project = await visible_project(store, actor, ref)
    webhook = await store.webhooks.find(webhook_id)
    if webhook is None or webhook.project_id != project.id:
        raise _absent()
    return webhook


async def deliveries(
    store: Store, actor: Actor, ref: str, webhook_id: str, before: int | None, limit: int
) -> list[tuple[int, Delivery]]:
    """At most `limit` deliveries with a position below `before`, newest first."""
    webhook = await get(store, actor, ref, webhook_id)
    return await store.deliveries.page(webhook.id, before, limit)


async def _changeable(store: Store, actor: Actor, ref: str, webhook_id: str) -> Webhook:
    project = await changeable_project(store, actor, ref)
    return await get(store, actor, project.id, webhook_id)


def _check(url: str | None, events: Sequence[str] | None) -> None:
    problems = {
        "url": None if url is None else check_url(url),
        "events": None if events is None else check_events(events),
    }
    details = [Detail(field, problem) for field, problem in problems.items() if problem]
    if details:
        text = "; ".join(f"{detail.field}: {detail.message}" for detail in details)
        raise Invalid(f"This can't be a webhook: {text}", details=details)


def _absent() -> NotFound:
    return NotFound("There is no such webhook in this project")
