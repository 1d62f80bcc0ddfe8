"""Webhooks of a whole box: a real deploy, a real receiver, and a kill in between."""

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from tests.box import Box, free_port, running_box

pytestmark = pytest.mark.engine

EVENTS = ["deploy.started", "deploy.succeeded", "deploy.failed"]
SITE = {"index.html": "<h1>It works</h1>"}
BROKEN = {"Dockerfile": "FROM scratch\nCOPY absent /\n"}


@dataclass
class Inbox:
    """What has come, and a way to wait for more."""

    port: int
    bodies: list[tuple[bytes, str]] = field(default_factory=list)
    news: threading.Condition = field(default_factory=threading.Condition)

    def wait_for(self, count: int) -> list[dict[str, Any]]:
        with self.news:
            assert self.news.wait_for(lambda: len(self.bodies) >= count, timeout=60), self.bodies
            return [json.loads(body) for body, _ in self.bodies]


@contextmanager
def receiving(port: int) -> Iterator[Inbox]:
    """A receiver on loopback that says yes to everything."""
    inbox = Inbox(port)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(204)
            self.end_headers()
            with inbox.news:
                inbox.bodies.append((body, self.headers["X-Sota-Signature"]))
                inbox.news.notify_all()

        def log_message(self, *_: object) -> None:
            """Nothing: the inbox is the log."""

    server = HTTPServer(("127.0.0.1", port), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield inbox
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def inner(docker_host: str) -> Iterator[Box]:  # noqa: ARG001
    """A box that may call this machine."""
    with running_box(webhook_private="true") as box:
        yield box


def add_webhook(box: Box, slug: str, port: int) -> tuple[str, str]:
    """A webhook for everything; its id and secret."""
    answer = box.request(
        "POST",
        f"/v1/projects/{slug}/webhooks",
        {"url": f"http://127.0.0.1:{port}/hook", "events": EVENTS},
    )
    assert answer.status == 201, answer.body
    return answer.data["id"], answer.data["secret"]


def test_deploys_are_told_signed_and_in_order(inner: Box, slug: str) -> None:
    """A good one and a broken one, as the hosted service tells them."""
    project = inner.create(slug)
    with receiving(free_port()) as inbox:
        _, secret = add_webhook(inner, slug, inbox.port)
        good = inner.deploy(slug, SITE)
        assert good["status"] == "running", good
        bad = inner.deploy(slug, BROKEN)
        told = inbox.wait_for(4)
    assert [(t["event"], t["deployment_id"]) for t in told] == [
        ("deploy.started", good["id"]),
        ("deploy.succeeded", good["id"]),
        ("deploy.started", bad["id"]),
        ("deploy.failed", bad["id"]),
    ]
    assert told[1].keys() == {"event", "project_id", "deployment_id", "timestamp", "data"}
    assert told[1]["data"]["url"].partition("://")[2] == good["url"]
    assert [t["data"]["status"] for t in told[1::2]] == ["running", "failed"]
    assert {t["project_id"] for t in told} == {project}
    for body, signature in inbox.bodies:
        expected = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        assert signature == f"sha256={expected}"
    inner.request("DELETE", f"/v1/projects/{slug}")


def test_kill_before_the_delivery_loses_nothing(inner: Box, slug: str) -> None:
    """The receiver is away, the box is killed; when both are back, all is told."""
    inner.create(slug)
    port = free_port()
    webhook, _ = add_webhook(inner, slug, port)
    deployment = inner.deploy(slug, SITE)
    assert deployment["status"] == "running", deployment
    inner.kill()
    with receiving(port) as inbox:
        inner.start()
        told = inbox.wait_for(2)
    assert [t["event"] for t in told[:2]] == ["deploy.started", "deploy.succeeded"]
    log = inner.request("GET", f"/v1/projects/{slug}/webhooks/{webhook}/deliveries").data
    assert {delivery["event"] for delivery in log} == {"deploy.started", "deploy.succeeded"}
    inner.request("DELETE", f"/v1/projects/{slug}")


def test_webhook_into_the_box_is_refused_by_default(box: Box, project: str) -> None:
    """422 for the API's own port, Docker's bridge and the cloud's metadata."""
    for url in (
        f"http://127.0.0.1:{box.api_port}/",
        "http://localhost/",
        "http://172.17.0.1/",
        "http://10.213.0.2:8080/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::ffff:127.0.0.1]/",
        "http://2130706433/",
    ):
        answer = box.request(
            "POST", f"/v1/projects/{project}/webhooks", {"url": url, "events": EVENTS}
        )
        assert (answer.status, answer.error["code"]) == (422, "validation_error"), url
