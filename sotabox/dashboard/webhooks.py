"""`/projects/{project}/webhooks`: who is told of its deploys, and how that went."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from sotabox.dashboard.forms import Form
from sotabox.dashboard.project import Head, crumbs_of, head_of, live_of
from sotabox.dashboard.templates import Crumb, Page
from sotabox.dashboard.trouble import NO_TROUBLE, Trouble
from sotabox.dashboard.visit import Me
from sotabox.errors import SotaboxError
from sotabox.model.webhook import SUBSCRIBABLE, Delivery, DeliveryStatus, Event, Webhook
from sotabox.operations import webhooks

_DELIVERIES: Final = 50
#: A delivery's state in its three signs, as a deployment's.
SIGNS: Final = {
    DeliveryStatus.WAITING: ("◔", "busy"),
    DeliveryStatus.DELIVERED: ("●", "ok"),
    DeliveryStatus.FAILED: ("✕", "bad"),
}


@dataclass(frozen=True, slots=True)
class Told:
    """A webhook without its secret."""

    id: str
    url: str
    events: tuple[Event, ...]
    active: bool

    @classmethod
    def of(cls, webhook: Webhook) -> "Told":
        return cls(webhook.id, webhook.url, webhook.events, webhook.active)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhooksPage(Page):
    """A project's webhooks; `secret` is that of one that was just made, for `secret_url`."""

    template: ClassVar[str] = "pages/webhooks.html"

    head: Head
    tab: str = "webhooks"
    webhooks: tuple[Told, ...]
    known: tuple[Event, ...] = SUBSCRIBABLE
    secret: str = ""
    secret_url: str = ""
    url: str = ""
    events: tuple[str, ...] = SUBSCRIBABLE
    trouble: Trouble = NO_TROUBLE


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A delivery in the log of a webhook."""

    delivery: Delivery
    sign: str
    tone: str
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookPage(Page):
    """One webhook and what it was sent, newest first."""

    template: ClassVar[str] = "pages/webhook.html"

    head: Head
    tab: str = "webhooks"
    webhook: Told
    known: tuple[Event, ...] = SUBSCRIBABLE
    url: str
    events: tuple[str, ...]
    sent: tuple[Sent, ...]
    trouble: Trouble = NO_TROUBLE


@get("/projects/{project:str}/webhooks")
async def show_webhooks(project: FromPath[str], me: NamedDependency[Me]) -> Response[bytes]:
    """Who is told."""
    return await _page(me, project)


@post("/projects/{project:str}/webhooks")
async def create_webhook(project: FromPath[str], me: NamedDependency[Me]) -> Response[bytes]:
    """Makes a webhook; the only page that shows its secret."""
    form = await me.form()
    url, events = form["url"].strip(), _events(form)
    try:
        made = await webhooks.create(me.box.store, me.box.courier, me.actor, project, url, events)
    except SotaboxError as error:
        return await _page(me, project, url=url, events=events, error=error)
    return await _page(me, project, secret=made.secret, secret_url=made.url)


@get("/projects/{project:str}/webhooks/{webhook:str}")
async def show_webhook(
    project: FromPath[str], webhook: FromPath[str], me: NamedDependency[Me]
) -> Response[bytes]:
    """What one was sent."""
    return await _one(me, project, webhook)


@post("/projects/{project:str}/webhooks/{webhook:str}")
async def change_webhook(
    project: FromPath[str], webhook: FromPath[str], me: NamedDependency[Me]
) -> Response[bytes]:
    """Sets its address, what it is told, and whether it is told anything now."""
    form = await me.form()
    url, events, active = form["url"].strip(), _events(form), "active" in form
    try:
        await webhooks.change(
            me.box.store,
            me.box.courier,
            me.actor,
            project,
            webhook,
            url=url,
            events=events,
            active=active,
        )
    except SotaboxError as error:
        return await _one(me, project, webhook, url=url, events=events, error=error)
    return me.go(f"/projects/{project}/webhooks/{webhook}", notice="webhook-set")


@post("/projects/{project:str}/webhooks/{webhook:str}/ping")
async def ping_webhook(
    project: FromPath[str], webhook: FromPath[str], me: NamedDependency[Me]
) -> Response[bytes]:
    """Sends a ping; the log below says how it went."""
    await me.form()
    sent = await webhooks.ping(me.box.store, me.box.courier, me.actor, project, webhook)
    return me.go(f"/projects/{project}/webhooks/{webhook}", notice=_notice(sent))


@post("/projects/{project:str}/webhooks/{webhook:str}/deliveries/{delivery:str}/resend")
async def resend_delivery(
    project: FromPath[str],
    webhook: FromPath[str],
    delivery: FromPath[str],
    me: NamedDependency[Me],
) -> Response[bytes]:
    """Sends the same once more."""
    await me.form()
    sent = await webhooks.resend(me.box.store, me.box.courier, me.actor, project, webhook, delivery)
    return me.go(f"/projects/{project}/webhooks/{webhook}", notice=_notice(sent))


@post("/projects/{project:str}/webhooks/{webhook:str}/delete")
async def delete_webhook(
    project: FromPath[str], webhook: FromPath[str], me: NamedDependency[Me]
) -> Response[bytes]:
    """Removes it with its log."""
    await me.form()
    await webhooks.delete(me.box.store, me.actor, project, webhook)
    return me.go(f"/projects/{project}/webhooks", notice="webhook-removed")


def _events(form: Form) -> tuple[str, ...]:
    return tuple(event for event in SUBSCRIBABLE if event in form)


def _notice(sent: Delivery) -> str:
    return "sent" if sent.status is DeliveryStatus.DELIVERED else "not-sent"


async def _page(
    me: Me,
    ref: str,
    *,
    secret: str = "",
    secret_url: str = "",
    url: str = "",
    events: Sequence[str] = SUBSCRIBABLE,
    error: SotaboxError | None = None,
) -> Response[bytes]:
    head = await head_of(me, ref)
    found = await webhooks.of(me.box.store, me.actor, ref)
    page = WebhooksPage(
        title=f"Webhooks of {head.project.name}",
        head=head,
        webhooks=tuple(map(Told.of, found)),
        secret=secret,
        secret_url=secret_url,
        url=url,
        events=tuple(events),
        trouble=Trouble.of(error) if error else NO_TROUBLE,
    )
    status = error.status if error else 200
    return me.show(page, status=status, crumbs=crumbs_of(head), live=live_of(head))


async def _one(
    me: Me,
    ref: str,
    id_: str,
    *,
    url: str | None = None,
    events: Sequence[str] | None = None,
    error: SotaboxError | None = None,
) -> Response[bytes]:
    head = await head_of(me, ref)
    webhook = await webhooks.get(me.box.store, me.actor, ref, id_)
    found = await webhooks.deliveries(me.box.store, me.actor, ref, id_, None, _DELIVERIES)
    page = WebhookPage(
        title=f"Webhook of {head.project.name}",
        head=head,
        webhook=Told.of(webhook),
        url=webhook.url if url is None else url,
        events=tuple(webhook.events if events is None else events),
        sent=tuple(_sent(delivery) for _, delivery in found),
        trouble=Trouble.of(error) if error else NO_TROUBLE,
    )
    crumb = Crumb(name="Webhook", href=f"{head.href}/webhooks/{id_}")
    status = error.status if error else 200
    return me.show(page, status=status, crumbs=crumbs_of(head, crumb), live=live_of(head))


def _sent(delivery: Delivery) -> Sent:
    sign, tone = SIGNS[delivery.status]
    said = delivery.error or (
        f"answered {delivery.response_status}" if delivery.response_status else "not sent yet"
    )
    return Sent(delivery=delivery, sign=sign, tone=tone, said=said)


ROUTES = [
    show_webhooks,
    create_webhook,
    show_webhook,
    change_webhook,
    ping_webhook,
    resend_delivery,
    delete_webhook,
]
