"""The contract's shapes and rules of deployments, variables, webhooks and partners, line by line."""

import re
import secrets
from contextlib import closing
from typing import Any

import docker
import pytest

from tests.box import Box
from tests.contract.wire import GoClient, SdkClient

pytestmark = pytest.mark.engine

DEPLOYMENT = {
    "id", "project_id", "status", "image_tag", "build_method", "framework", "error_message",
    "error", "url", "created_at", "updated_at",
}  # fmt: skip
VARIABLE = {"id", "project_id", "key", "value", "created_at", "updated_at"}
LOUD = """\
FROM python:3.13-slim
RUN python3 -c "print('x' * 200_000)" {nonce}
RUN printf '\\033[32mgreen\\033[0m \\007bell\\n'
RUN exit 7
"""


def test_deployment_has_all_its_fields_always(sdk: SdkClient, live: tuple[str, str]) -> None:
    """In a list and alone; what is not known is null."""
    project, deployment = live
    listed = sdk.ask("GET", f"/v1/projects/{project}/deployments").data[0]
    alone = sdk.ask("GET", f"/v1/projects/{project}/deployments/{deployment}").data
    assert listed == alone
    assert alone.keys() >= DEPLOYMENT
    assert alone["error"] is alone["error_message"] is None
    assert alone["number"] == 1


@pytest.mark.usefixtures("python_base")
def test_log_of_a_build_is_fit_for_the_clients(box: Box, project: str, slug: str) -> None:
    """Long lines are split below what a scanner takes; colours are there for who asks."""
    go = GoClient(box.port, "api.localhost", box.key)
    loud = LOUD.format(nonce=secrets.token_hex(4))
    deployment = box.deploy(slug, {"Dockerfile": loud})
    assert deployment["status"] == "failed"
    assert deployment["error"] == deployment["error_message"]
    printed = go.printed_stream(project, deployment["id"])  # looks at the lines' lengths
    assert sum(line.count("x" * 100) for line in printed) >= 1
    path = f"/v1/projects/{project}/deployments/{deployment['id']}/logs"
    plain = go.ask("GET", path).body
    assert b"green" in plain
    assert not re.search(rb"[\x00-\x08\x0b-\x1f\x7f]", plain)
    assert b"\x1b[32mgreen" in go.ask("GET", f"{path}?ansi=1").body


@pytest.mark.parametrize(
    ("key", "value", "field"),
    [
        ("", "x", "key"),
        ("1A", "x", "key"),
        ("A-B", "x", "key"),
        ("A" * 257, "x", "key"),
        ("PORT", "3000", "key"),
        ("A", "nul\0", "value"),
        ("A", "x" * (64 * 1024 + 1), "value"),
    ],
)
def test_variable_that_can_not_be_is_refused(
    sdk: SdkClient, project: str, key: str, value: str, field: str
) -> None:
    """422, with the field that is wrong."""
    reply = sdk.ask("POST", f"/v1/projects/{project}/envs", {"key": key, "value": value})
    assert (reply.status, reply.code) == (422, "validation_error")
    assert reply.json["error"]["details"][0]["field"] == field


def test_variable_is_at_most_so_large_and_there_are_at_most_so_many(
    box: Box, sdk: SdkClient, project: str
) -> None:
    """64 KiB are in order, and so are 500; one more is not. Owners see values unless masked."""
    path = f"/v1/projects/{project}/envs"
    made = sdk.ask("POST", path, {"key": "A" * 256, "value": "x" * 64 * 1024})
    assert made.status == 200
    assert made.data.keys() >= VARIABLE
    box.request("PATCH", path, {f"V{number}": "1" for number in range(499)})
    one_more = sdk.ask("POST", path, {"key": "ONE_MORE", "value": "1"})
    assert (one_more.status, one_more.code) == (422, "validation_error")
    values = [variable["value"] for variable in sdk.ask("GET", path).data]
    assert (len(values), set(map(len, values))) == (500, {1, 64 * 1024})
    assert {variable["value"] for variable in sdk.ask("GET", f"{path}?masked=1").data} == {""}


def test_webhook_tells_its_secret_once(sdk: SdkClient, box: Box, project: str) -> None:
    """201 with `whsec_…`; lists are without; deleted is gone; other events are refused."""
    path = f"/v1/projects/{project}/webhooks"
    body: dict[str, Any] = {"url": "https://8.8.8.8/hook", "events": ["deploy.failed"]}
    made = box.request("POST", path, body)
    assert (made.status, made.data["secret"][:6]) == (201, "whsec_")
    [listed] = sdk.ask("GET", path).data
    assert "secret" not in listed
    assert (listed["url"], listed["events"]) == (body["url"], body["events"])
    assert box.request("POST", path, {**body, "events": ["deploy.exploded"]}).status == 422
    gone = sdk.ask("DELETE", f"{path}/{listed['id']}")
    assert (gone.status, gone.body) == (204, b"")
    assert sdk.ask("GET", path).data == []


def test_partner_sees_the_users_that_it_made(box: Box, sdk: SdkClient) -> None:
    """Rows by page; one with plan and counts; nobody else's."""
    key = box.command("partner", "create", "--name", "shop").strip()
    assert key.startswith("sotap_")
    partner = SdkClient(sdk.port, sdk.host, key)
    made = [
        partner.ask("POST", "/v1/partner/users", {"email": f"{secrets.token_hex(4)}@box.test"}).data
        for _ in range(2)
    ]
    for user in made:
        assert user.keys() == {"user_id", "email", "api_key", "password", "created"}
        assert user["created"] is True
    first = partner.ask("GET", "/v1/partner/users?limit=1").json
    cursor = first["pagination"]["next_cursor"]
    second = partner.ask("GET", f"/v1/partner/users?limit=1&cursor={cursor}").json
    rows = [*first["data"], *second["data"]]
    assert [row["user_id"] for row in rows] == [user["user_id"] for user in made]
    assert rows[0].keys() == {"id", "partner_id", "user_id", "status", "provisioned_at"}
    one = partner.ask("GET", f"/v1/partner/users/{rows[0]['user_id']}").data
    assert one.keys() == {
        "user_id", "email", "plan", "project_count", "deployment_count", "created_at",
    }  # fmt: skip
    assert (one["plan"], one["project_count"]) == ("free", 0)
    other = SdkClient(
        sdk.port, sdk.host, box.command("partner", "create", "--name", "other").strip()
    )
    assert other.ask("GET", f"/v1/partner/users/{rows[0]['user_id']}").status == 404


@pytest.mark.usefixtures("python_base")
def test_project_that_is_deleted_in_the_middle_of_a_deploy_takes_it_along(
    box: Box, sdk: SdkClient, docker_host: str
) -> None:
    """The build is cancelled first; then neither image, container nor file is left, nor its stream."""
    slug = f"t{secrets.token_hex(4)}"
    project = box.create(slug)
    nonce = secrets.token_hex(4)
    dockerfile = f"FROM python:3.13-slim\nRUN echo begun-{nonce} && sleep 600\n"
    id_ = box.upload(slug, {"Dockerfile": dockerfile}).data["id"]
    lines = box.stream(slug, id_)
    assert any(f" begun-{nonce}" in line for line in lines)
    assert sdk.ask("DELETE", f"/v1/projects/{project}").status == 204
    list(lines)  # ends
    assert sdk.ask("GET", f"/v1/projects/{project}").status == 404
    with closing(docker.DockerClient(base_url=docker_host, timeout=60)) as engine:
        label = {"label": f"sotabox.project={project}"}
        assert engine.containers.list(all=True, filters=label, ignore_removed=True) == []
        assert engine.images.list(filters=label) == []
        assert engine.networks.list(filters=label) == []
    left = [path for path in box.directory.rglob("*") if id_ in path.name]
    assert left == []
