"""What happens on the connection itself: bodies that are huge, slow, cut off or never read."""

import contextlib
import re
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.box import Box, multipart
from tests.contract.wire import GoClient, connect, read_reply

pytestmark = pytest.mark.engine

MB = 1_000_000


def deploy_head(box: Box, project: str, length: int, key: str | None = None) -> bytes:
    """The head of an upload that announces `length` bytes."""
    return (
        f"POST /v1/projects/{project}/deploy HTTP/1.1\r\n"
        f"Host: 127.0.0.1:{box.api_port}\r\n"
        f"Authorization: Bearer {key or box.key}\r\n"
        "Content-Type: multipart/form-data; boundary=sotabox-test\r\n"
        f"Content-Length: {length}\r\n"
        "\r\n"
    ).encode()


def eventually(condition: Callable[[], bool], what: str, within_s: float = 10) -> None:
    """Returns once `condition` holds; it is the box that must get there, so it is asked again."""
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, f"not within {within_s} s: {what}"
        time.sleep(0.01)


def uploads(box: Box) -> list[Path]:
    return list((box.directory / "uploads").iterdir())


@pytest.mark.parametrize("case", ["too large", "unauthorized", "not found"])
def test_answer_reaches_a_client_that_sends_before_it_reads(
    box: Box, project: str, case: str
) -> None:
    """A refused upload ends in its answer, not in a broken pipe, however a client is written."""
    length = 60 * MB
    key = "sota_" + "0" * 40 if case == "unauthorized" else None
    target = "absent" if case == "not found" else project
    with connect(box.api_port) as connection:
        connection.sendall(deploy_head(box, target, length, key))
        connection.sendall(bytes(length))
        reply = read_reply(connection)
    assert reply.status == {"too large": 413, "unauthorized": 401, "not found": 404}[case]
    assert uploads(box) == []


def test_answer_comes_before_a_body_that_announces_too_much(box: Box, project: str) -> None:
    """Not one byte of it has to be sent for that."""
    with connect(box.api_port) as connection:
        connection.sendall(deploy_head(box, project, 60 * MB))
        assert read_reply(connection).status == 413


@pytest.mark.parametrize("ending", ["close", "reset", "half"])
def test_client_that_hangs_up_in_the_middle_leaves_nothing(
    box: Box, project: str, ending: str
) -> None:
    """Half an upload is no upload: its file goes, no deployment appears, the box goes on."""
    body, _ = multipart(b"\x1f\x8b" + bytes(20 * MB))
    before = box.log_text()
    with connect(box.api_port) as connection:
        connection.sendall(deploy_head(box, project, len(body)) + body[: len(body) // 2])
        eventually(lambda: bool(uploads(box)), "the upload has begun")
        if ending == "reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        if ending == "half":
            connection.shutdown(socket.SHUT_WR)
            with contextlib.suppress(OSError):
                connection.recv(1)
    eventually(lambda: uploads(box) == [], "its file is gone")
    assert box.request("GET", f"/v1/projects/{project}/deployments").data == []
    assert "ERROR" not in box.log_text().removeprefix(before)


def peak_rss_mb(box: Box) -> float:
    status = Path(f"/proc/{box.pid}/status").read_text()
    match = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert match is not None
    return int(match[1]) / 1000


def test_upload_of_the_largest_size_takes_no_memory(box: Box, go: GoClient, project: str) -> None:
    """50 MB pass through to the disk; the process stays as small as it was."""
    go.deploy(project, b"\x1f\x8b" + bytes(MB))  # what is loaded at the first time is loaded
    Path(f"/proc/{box.pid}/clear_refs").write_text("5")  # the peak is counted from here
    before = peak_rss_mb(box)
    reply = go.deploy(project, b"\x1f\x8b" + bytes(49 * MB))
    assert (reply.status, reply.code) == (422, "archive_invalid")
    assert peak_rss_mb(box) - before < 15


def test_archive_of_one_byte_over_the_limit_is_too_large(
    go: GoClient, box: Box, project: str
) -> None:
    """413; one byte less is looked into."""
    limit = 50 * MB
    over = go.deploy(project, b"\x1f\x8b" + bytes(limit - 1))
    assert (over.status, over.code) == (413, "payload_too_large")
    exact = go.deploy(project, b"\x1f\x8b" + bytes(limit - 2))
    assert (exact.status, exact.code) == (422, "archive_invalid")
    assert uploads(box) == []


def test_connection_is_used_again_after_a_refusal(box: Box, project: str) -> None:
    """A small body that nobody read does not stand in the way of the next request."""
    with connect(box.api_port) as connection:
        for _ in range(3):
            connection.sendall(deploy_head(box, project, 5) + b"hello")
            assert read_reply(connection).status == 400


def test_stream_starts_at_once_and_many_can_read(box: Box, live: tuple[str, str]) -> None:
    """Hundreds of open dashboards: each gets the whole log, and the API answers beside them."""
    project, deployment = live
    request = (
        f"GET /v1/projects/{project}/deployments/{deployment}/logs/stream HTTP/1.1\r\n"
        f"Host: 127.0.0.1:{box.api_port}\r\nAuthorization: Bearer {box.key}\r\n\r\n"
    ).encode()
    with contextlib.ExitStack() as stack:
        readers = [stack.enter_context(connect(box.api_port)) for _ in range(300)]
        for reader in readers:
            reader.sendall(request)
        assert box.request("GET", "/healthz").status == 200
        bodies = {read_reply(reader).body for reader in readers}
    (body,) = bodies
    assert body.endswith(b"event: end\ndata:running\n\n")


@pytest.mark.parametrize("path", ["%ff", "%00", "a%2Fb", "..%2f..%2fetc", "%f0%9f%8d%95"])
def test_path_of_odd_bytes_is_not_found(box: Box, path: str) -> None:
    """Whatever is asked for, the answer is in our shape."""
    answer = box.request("GET", f"/v1/projects/{path}")
    assert answer.status in {400, 404}
    assert answer.error["code"] in {"bad_request", "not_found"}


def test_host_of_odd_bytes_is_refused_in_our_shape(box: Box) -> None:
    """The framework's own refusals look like ours."""
    answer = box.request("GET", "/v1/projects", headers={"Host": "a b"})
    assert answer.status == 400
