"""`/v1/projects/{project}/webhooks` and their deliveries."""

from typing import Any

from litestar import Request, Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from sotabox.api.body import read_json
from sotabox.api.contract import contract, done, list_of, one_of, page_of
from sotabox.api.envelope import many, one
from sotabox.api.pagination import read_page
from sotabox.api.webhook_schemas import (
    DeliveryOut,
    NewWebhookIn,
    NewWebhookOut,
    WebhookChangeIn,
    WebhookOut,
)
from sotabox.errors import Conflict
from sotabox.operations import webhooks
from sotabox.operations.actor import Actor
from sotabox.web.box import Box


@post(
    "/projects/{project:str}/webhooks",
    opt=contract(one_of(NewWebhookOut, 201), takes=NewWebhookIn, errors=(Conflict,)),
)
async def create_webhook(
    request: Request[Any, Any, Any],
    project: FromPath[str],
    box: NamedDependency[Box],
    actor: NamedDependency[Actor],
) -> Response[bytes]:
    """A new webhook; the only answer that holds its secret."""
    body = await read_json(request, NewWebhookIn)
    made = await webhooks.create(box.store, box.courier, actor, project, body.url, body.events)
    return one(NewWebhookOut.of(made), 201)


@get("/projects/{project:str}/webhooks", opt=contract(list_of(WebhookOut)))
async def list_webhooks(
    project: FromPath[str], box: NamedDependency[Box], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """A project's webhooks, oldest first."""
    return one([WebhookOut.of(found) for found in await webhooks.of(box.store, actor, project)])


@get("/projects/{project:str}/webhooks/{webhook:str}", opt=contract(one_of(WebhookOut)))
async def get_webhook(
    project: FromPath[str],
    webhook: FromPath[str],
    box: NamedDependency[Box],
    actor: NamedDependency[Actor],
) -> Response[bytes]:
    """One webhook."""
    return one(WebhookOut.of(await webhooks.get(box.store, actor, project, webhook)))


@patch(
    "/projects/{project:str}/webhooks/{webhook:str}",
    opt=contract(one_of(WebhookOut), takes=WebhookChangeIn),
)
async def change_webhook(
    request: Request[Any, Any, Any],
    project: FromPath[str],
    webhook: FromPath[str],
    box: NamedDependency[Box],
    actor: NamedDependency[Actor],
) -> Response[bytes]:
    """Sets URL, events, or whether it is active; its secret stays."""
    body = await read_json(request, WebhookChangeIn)
    changed = await webhooks.change(
        box.store,
        box.courier,
        actor,
        project,
        webhook,
        url=body.url,
        events=body.events,
        active=body.active,
    )
    return one(WebhookOut.of(changed))


@delete("/projects/{project:str}/webhooks/{webhook:str}", opt=contract(done()))
async def delete_webhook(
    project: FromPath[str],
    webhook: FromPath[str],
    box: NamedDependency[Box],
    actor: NamedDependency[Actor],
) -> None:
    """Removes a webhook with its deliveries."""
    await webhooks.delete(box.store, actor, project, webhook)


@post(
    "/projects/{project:str}/webhooks/{webhook:str}/ping",
    status_code=200,
    opt=contract(one_of(DeliveryOut)),
)
async def ping_webhook(
    project: FromPath[str],
    webhook: FromPath[str],
    box: NamedDependency[Box],
    actor: NamedDependency[Actor],
) -> Response[bytes]:
    """Sends a ping at once; the delivery says how that went."""
    sent = await webhooks.ping(box.store, box.courier, actor, project, webhook)
    return one(DeliveryOut.of(sent))


@get(
    "/projects/{project:str}/webhooks/{webhook:str}/deliveries", opt=contract(page_of(DeliveryOut))
)
async def list_deliveries(
    project: FromPath[str],
    webhook: FromPath[str],
    box: NamedDependency[Box],
    actor: NamedDependency[Actor],
    limit: FromQuery[str | None] = None,
    cursor: FromQuery[str | None] = None,
) -> Response[bytes]:
    """What a webhook was sent, or will be, newest first."""
    owner = await webhooks.get(box.store, actor, project, webhook)
    page = read_page(f"deliveries:{owner.id}", limit, cursor)
    found = await webhooks.deliveries(
        box.store, actor, project, owner.id, page.number(), page.probe
    )
    shown = found[: page.limit]
    next_cursor = page.cursor(len(found), str(shown[-1][0])) if shown else None
    return many([DeliveryOut.of(delivery) for _, delivery in shown], next_cursor)


@post(
    "/projects/{project:str}/webhooks/{webhook:str}/deliveries/{delivery:str}/resend",
    status_code=200,
    opt=contract(one_of(DeliveryOut)),
)
async def resend_delivery(
    project: FromPath[str],
    webhook: FromPath[str],
    delivery: FromPath[str],
    box: NamedDependency[Box],
    actor: NamedDependency[Actor],
) -> Response[bytes]:
    """Sends the same once more, at once; the new delivery says how that went."""
    sent = await webhooks.resend(box.store, box.courier, actor, project, webhook, delivery)
    return one(DeliveryOut.of(sent))


ROUTES = [
    create_webhook,
    list_webhooks,
    get_webhook,
    change_webhook,
    delete_webhook,
    ping_webhook,
    list_deliveries,
    resend_delivery,
]
