"""The feed of everything that happens, and requests that are sent twice."""

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPResponse
from typing import Any

import pytest

from tests.box import Box, multipart

pytestmark = pytest.mark.engine


class Reader:
    """Somebody who follows the feed."""

    def __init__(self, response: HTTPResponse) -> None:
        self._response = response
        self.kind = ""
        self.id = ""

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for raw in self._response:
            line = raw.decode().rstrip("\n")
            if line.startswith("event: "):
                self.kind = line.removeprefix("event: ")
            elif line.startswith("id: "):
                self.id = line.removeprefix("id: ")
            elif line.startswith("data: "):
                yield json.loads(line.removeprefix("data: "))
            elif line == "data:":
                yield {"type": self.kind}


@contextmanager
def reading(box: Box, key: str, last_id: str | None = None) -> Iterator[Reader]:
    headers = {"Authorization": f"Bearer {key}"}
    if last_id is not None:
        headers["Last-Event-ID"] = last_id
    with box.connection(box.api_port, 60) as connection:
        connection.request("GET", "/v1/events", headers=headers)
        response = connection.getresponse()
        assert response.status == 200
        assert response.getheader("content-type", "").startswith("text/event-stream")
        yield Reader(response)


def types_of(events: Iterator[dict[str, Any]], project: str, last: str) -> list[str]:
    """What happened to a project, up to `last`."""
    found = []
    for event in events:
        if event.get("project_id") == project:
            found.append(event["type"])
            if event["type"] == last:
                return found
    raise AssertionError(found)


def test_feed_tells_all_of_a_projects_life(box: Box, slug: str, site_archive: bytes) -> None:
    """From its making to its end, each once and in order; taken up again, it goes on."""
    with reading(box, box.key) as reader:
        events = iter(reader)
        assert next(events) == {"type": "ready"}
        first_id = reader.id
        project = box.create(slug)
        box.request("POST", f"/v1/projects/{slug}/envs", {"key": "A", "value": "1"})
        box.request("PATCH", f"/v1/projects/{slug}/settings", {"drain_timeout_s": 1})
        deployment = box.deploy(slug, site_archive)
        assert deployment["status"] == "running", deployment
        box.request("PATCH", f"/v1/projects/{slug}", {"name": "Other"})
        box.request("POST", f"/v1/projects/{slug}/pause")
        box.request("DELETE", f"/v1/projects/{slug}")
        story = types_of(events, project, "project.deleted")
    assert story == [
        "project.created",
        "variables.changed",
        "settings.changed",
        "deployment.pending",
        "deployment.building",
        "deployment.built",
        "deployment.deploying",
        "deployment.running",
        "project.renamed",
        "project.paused",
        "deployment.stopped",
        "project.deleted",
    ]
    with reading(box, box.key, first_id) as reader:
        events = iter(reader)
        assert next(events) == {"type": "ready"}
        assert types_of(events, project, "project.deleted") == story


def test_reader_whose_id_is_not_known_is_told_so(box: Box) -> None:
    """An id from before what is kept, or of another box: the picture has to be made anew."""
    with reading(box, box.key, "999999999") as reader:
        assert next(iter(reader)) == {"type": "lost"}
    assert box.request("GET", "/v1/events", headers={"Last-Event-ID": "x"}).status == 400


def test_another_users_events_are_not_told(box: Box, slug: str) -> None:
    """A member hears of own projects only."""
    email = f"{secrets.token_hex(4)}@box.test"
    partner = box.request("POST", "/v1/partners", {"name": "test"}).data["key"]
    made = box.request(
        "POST",
        "/v1/partner/users",
        {"email": email},
        headers={"Authorization": f"Bearer {partner}"},
    )
    key = made.data["api_key"]
    with reading(box, key) as reader:
        events = iter(reader)
        assert next(events) == {"type": "ready"}
        box.create(slug)
        theirs = box.request(
            "POST", "/v1/projects", {"name": "Mine"}, headers={"Authorization": f"Bearer {key}"}
        ).data["id"]
        event = next(events)
    assert (event["type"], event["project_id"]) == ("project.created", theirs)
    for project in (slug, theirs):
        box.request("DELETE", f"/v1/projects/{project}")


def send(box: Box, slug: str, archive: bytes, key: str) -> Any:
    body, content_type = multipart(archive)
    headers = {"Content-Type": content_type, "Idempotency-Key": key}
    return box.request("POST", f"/v1/projects/{slug}/deploy", body, headers=headers)


def test_deploy_that_is_sent_twice_is_made_once(
    box: Box, project: str, slug: str, site_archive: bytes, other_archive: bytes
) -> None:
    """The same key and archive give the same deployment; another archive is refused."""
    key = secrets.token_hex(8)
    first = send(box, project, site_archive, key)
    again = send(box, slug, site_archive, key)
    assert (first.status, again.status) == (202, 202)
    assert again.data["id"] == first.data["id"]
    box.settled(slug, first.data["id"])
    assert send(box, slug, site_archive, key).data["status"] == "running"
    other = send(box, slug, other_archive, key)
    assert (other.status, other.code) == (422, "idempotency_key_reused")
    assert send(box, slug, site_archive, "").status == 400
    assert send(box, slug, site_archive, "ä" * 3).status == 400
    assert len(box.request("GET", f"/v1/projects/{slug}/deployments").data) == 1


def test_redeploy_and_rollback_that_are_sent_twice_are_made_once(
    box: Box, project: str, slug: str, site_archive: bytes, other_archive: bytes
) -> None:
    """Each with a key of its own; one key for both is a mistake."""
    box.deploy(slug, site_archive)
    box.deploy(slug, other_archive)
    key = {"Idempotency-Key": secrets.token_hex(8)}
    one, two = (
        box.request("POST", f"/v1/projects/{slug}/rollback", headers=key).data["id"]
        for _ in range(2)
    )
    assert one == two
    assert box.settled(slug, one)["status"] == "running"
    assert box.request("POST", f"/v1/projects/{slug}/rollback", headers=key).data["id"] == one
    wrong = box.request("POST", f"/v1/projects/{project}/redeploy", headers=key)
    assert (wrong.status, wrong.code) == (422, "idempotency_key_reused")
    key = {"Idempotency-Key": secrets.token_hex(8)}
    one, two = (
        box.request("POST", f"/v1/projects/{slug}/redeploy", headers=key).data["id"]
        for _ in range(2)
    )
    assert one == two
    box.settled(slug, one)
