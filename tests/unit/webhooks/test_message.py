"""What is sent, to the byte."""

import hashlib
import hmac
import json

from sotabox.model.webhook import Event
from sotabox.webhooks.message import render_body, render_headers
from tests.unit.webhooks.examples import MOMENT, delivery


def test_body_has_the_fields_of_the_hosted_service() -> None:
    """A receiver that was written for the hosted service reads it unchanged."""
    assert json.loads(render_body(delivery(), "https://my-app.example.com")) == {
        "event": "deploy.succeeded",
        "project_id": "p1",
        "deployment_id": "x1",
        "timestamp": MOMENT,
        "data": {"url": "https://my-app.example.com", "status": "running"},
    }


def test_body_is_the_same_at_each_attempt() -> None:
    """A receiver can tell a repetition by its bytes."""
    again = delivery(attempts=3, status="waiting", error="x")
    assert render_body(delivery(), "https://a.test") == render_body(again, "https://a.test")


def test_ping_has_no_deployment() -> None:
    """Null, not absent."""
    ping = delivery(event=Event.PING, deployment_id=None, deployment_status=None)
    body = json.loads(render_body(ping, "https://a.test"))
    assert (body["deployment_id"], body["data"]["status"]) == (None, None)


def test_signature_is_the_hmac_of_the_raw_body_with_the_whole_secret() -> None:
    """As documented: any language checks it in a line."""
    body = b'{"a": 1}'
    headers = render_headers(delivery(), body, "whsec_abc", "1.0")
    expected = hmac.new(b"whsec_abc", body, hashlib.sha256).hexdigest()
    assert headers["X-Sota-Signature"] == f"sha256={expected}"
    assert headers["X-Sota-Event"] == "deploy.succeeded"
    assert headers["X-Sota-Delivery"] == "d1"
