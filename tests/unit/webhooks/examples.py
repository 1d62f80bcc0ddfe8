"""Deliveries to talk about."""

from typing import Any

from sotabox.model.deployment import Status
from sotabox.model.webhook import Delivery, DeliveryStatus, Event

MOMENT = "2026-03-01T12:00:00.000Z"


def delivery(**changes: Any) -> Delivery:
    """A delivery of a success, with these changes."""
    values: dict[str, Any] = {
        "id": "d1",
        "webhook_id": "w1",
        "project_id": "p1",
        "event": Event.SUCCEEDED,
        "deployment_id": "x1",
        "deployment_status": Status.RUNNING,
        "event_at": MOMENT,
        "resent_from": None,
        "status": DeliveryStatus.WAITING,
        "attempts": 0,
        "next_attempt_at": MOMENT,
        "response_status": None,
        "response_body": None,
        "error": None,
        "duration_ms": None,
        "created_at": MOMENT,
        "updated_at": MOMENT,
    }
    return Delivery(**values | changes)
