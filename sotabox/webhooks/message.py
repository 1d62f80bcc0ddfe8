"""What is sent to a webhook: a body, and a signature that shows who sent it."""

from collections.abc import Mapping

import msgspec

from sotabox.crypto.tokens import sign
from sotabox.model.webhook import Delivery


class _Data(msgspec.Struct):
    url: str
    status: str | None


class _Body(msgspec.Struct):
    event: str
    project_id: str
    deployment_id: str | None
    timestamp: str
    data: _Data


def render_body(delivery: Delivery, app_url: str) -> bytes:
    """The JSON of a delivery: the same bytes at each attempt.

    Args:
        delivery: what is told.
        app_url: where the project's app is reached, with its scheme.
    """
    data = _Data(app_url, delivery.deployment_status)
    return msgspec.json.encode(
        _Body(
            delivery.event,
            delivery.project_id,
            delivery.deployment_id,
            delivery.event_at,
            data,
        )
    )


def render_headers(delivery: Delivery, body: bytes, secret: str, version: str) -> Mapping[str, str]:
    """The headers that go with a body; a receiver checks the signature over its raw bytes."""
    return {
        "Content-Type": "application/json",
        "User-Agent": f"sotabox/{version}",
        "Accept-Encoding": "identity",
        "X-Sota-Event": delivery.event,
        "X-Sota-Delivery": delivery.id,
        "X-Sota-Signature": f"sha256={sign(body, secret)}",
    }
