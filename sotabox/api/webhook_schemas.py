"""What the API sends and takes of webhooks."""

import msgspec

from sotabox.model.webhook import Delivery, Webhook


class WebhookOut(msgspec.Struct, kw_only=True):
    """A webhook, without its secret."""

    id: str
    project_id: str
    url: str
    events: tuple[str, ...]
    active: bool
    created_at: str
    updated_at: str

    @classmethod
    def of(cls, webhook: Webhook) -> "WebhookOut":
        return cls(
            id=webhook.id,
            project_id=webhook.project_id,
            url=webhook.url,
            events=webhook.events,
            active=webhook.active,
            created_at=webhook.created_at,
            updated_at=webhook.updated_at,
        )


class NewWebhookOut(WebhookOut, kw_only=True):
    """A new webhook with its secret: the only time that it is shown."""

    secret: str

    @classmethod
    def of(cls, webhook: Webhook) -> "NewWebhookOut":
        shown = msgspec.structs.asdict(WebhookOut.of(webhook))
        return cls(**shown, secret=webhook.secret)


class DeliveryOut(msgspec.Struct, kw_only=True):
    """What a webhook was sent, or will be, and how that went."""

    id: str
    webhook_id: str
    event: str
    deployment_id: str | None
    status: str
    attempts: int
    next_attempt_at: str | None
    response_status: int | None
    response_body: str | None
    error: str | None
    duration_ms: int | None
    resent_from: str | None
    created_at: str
    updated_at: str

    @classmethod
    def of(cls, delivery: Delivery) -> "DeliveryOut":
        return cls(
            id=delivery.id,
            webhook_id=delivery.webhook_id,
            event=delivery.event,
            deployment_id=delivery.deployment_id,
            status=delivery.status,
            attempts=delivery.attempts,
            next_attempt_at=delivery.next_attempt_at if delivery.status == "waiting" else None,
            response_status=delivery.response_status,
            response_body=delivery.response_body,
            error=delivery.error,
            duration_ms=delivery.duration_ms,
            resent_from=delivery.resent_from,
            created_at=delivery.created_at,
            updated_at=delivery.updated_at,
        )


class NewWebhookIn(msgspec.Struct, forbid_unknown_fields=True):
    url: str
    events: list[str]


class WebhookChangeIn(msgspec.Struct, forbid_unknown_fields=True):
    """What is absent stays as it is."""

    url: str | None = None
    events: list[str] | None = None
    active: bool | None = None
