"""Bytes that no client sends, through Caddy to the control plane and to apps. Loopback only."""

import json
import socket
import time
from collections.abc import Callable
from contextlib import ExitStack

import pytest

from tests.box import Box

pytestmark = [pytest.mark.engine, pytest.mark.slow]

INNER = b"GET /internal/ask?domain=mine.localhost HTTP/1.1\r\nHost: localhost\r\n\r\n"
SLOW_CLIENTS = 300
SLOW_UPLOADS = 200
#: Far longer than a busy machine needs, and than the headers' time-out of 10 s.
PATIENCE_S = 60


def say(port: int, data: bytes, wait_s: float = 1.5) -> bytes:
    """All that comes back, until the other side closes or falls silent."""
    answer = b""
    with socket.create_connection(("127.0.0.1", port), wait_s) as connection:
        connection.sendall(data)
        try:
            while piece := connection.recv(65536):
                answer += piece
        except TimeoutError:
            pass
    return answer


def statuses(answer: bytes) -> list[int]:
    """Of every final response in what came back."""
    lines = [line for line in answer.split(b"\r\n") if line.startswith(b"HTTP/1.")]
    return [status for line in lines if (status := int(line.split()[1])) >= 200]


@pytest.mark.parametrize(
    "path",
    [
        *(
            "/internal/ask",
            "//internal/ask",
            "/internal//ask",
            "/%69nternal/ask",
            "/internal%2fask",
        ),
        *("/internal/ask/", "/x/../internal/ask", "/internal/./ask", "/internal/ask;x"),
        *("/x/%2e%2e/internal/ask", "/metrics", "/config/", "/reverse_proxy/upstreams"),
        *("/v1/%2e%2e/metrics", "/v1/%2e%2e/internal/ask", "//v1/../internal/ask", "/%00"),
        *("/static/..%2f..%2fkey", "/static/%2e%2e/%2e%2e/key", "/static/%00", "/\\internal/ask"),
    ],
)
@pytest.mark.parametrize(
    "headers",
    [
        "Connection: close",
        "Connection: close, X-Forwarded-For, X-Forwarded-Host, X-Forwarded-Proto",
        "Connection: close\r\nX-Forwarded-For: 127.0.0.1\r\nX-Real-Ip: 127.0.0.1",
        "Connection: close\r\nX-Original-URL: /internal/ask\r\nX-Rewrite-URL: /internal/ask",
        "Connection: close\r\nX-Forwarded-Host: localhost\r\nX-Forwarded-Host: 127.0.0.1",
    ],
)
def test_no_spelling_of_a_path_gets_a_stranger_inside(box: Box, path: str, headers: str) -> None:
    """What is meant for Caddy alone, and what is not there at all, is a 404 for everybody."""
    for target in (path, f"http://localhost{path}"):
        request = (
            f"GET {target}?domain=mine.localhost HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n\r\n"
        )
        assert statuses(say(box.port, request.encode())) == [404]


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (
            b"Content-Length: %d\r\nTransfer-Encoding: chunked" % (5 + len(INNER)),
            b"0\r\n\r\n" + INNER,
        ),
        (b"Transfer-Encoding: xchunked\r\nContent-Length: %d" % len(INNER), INNER),
        (b"Transfer-Encoding : chunked", b"0\r\n\r\n" + INNER),
        (b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", b"0\r\n\r\n" + INNER),
        (b"Content-Length: 0\r\nContent-Length: %d" % len(INNER), INNER),
        (b"Content-Length: +%d" % len(INNER), INNER),
        (b"Content-Length: 0x10", INNER),
        (b"Transfer-Encoding: chunked", b"1;\nX\r\nA\r\n0\r\n\r\n" + INNER),
        (b"Transfer-Encoding: chunked", b"1\nA\n0\n\n" + INNER),
        (b"Transfer-Encoding: chunked", b"10000000000000000\r\n" + INNER),
        (b"X: a\r\n Transfer-Encoding: chunked", b"0\r\n\r\n" + INNER),
        (b"Transfer-Encoding:\r\n chunked\r\nContent-Length: %d" % len(INNER), INNER),
        (b"Transfer-Encoding: \x0bchunked\r\nContent-Length: %d" % len(INNER), INNER),
        (b"Transfer-Encoding: chunked, identity\r\nContent-Length: 5", b"0\r\n\r\n" + INNER),
        (b"Transfer-Encoding: chunked\r\nContent-Length: 0", b"0;x=\n\r\n\r\n" + INNER),
        (b"X: y\nTransfer-Encoding: chunked\r\nContent-Length: 5", b"0\r\n\r\n" + INNER),
        (b"Connection: Content-Length\r\nContent-Length: %d" % len(INNER), INNER),
        (b"Content-Length: %d" % len(INNER), INNER),
        (b"Expect: 100-continue\r\nContent-Length: %d" % len(INNER), INNER),
        (b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk", INNER),
        (b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13", INNER),
    ],
)
@pytest.mark.parametrize("host", [b"localhost", b"mine.localhost"])
def test_request_inside_a_request_is_never_one_of_its_own(
    box: Box, host: bytes, head: bytes, body: bytes
) -> None:
    """The inner one would be answered 200, as from this machine: nobody gets to say it."""
    answer = say(
        box.port, b"POST /login HTTP/1.1\r\nHost: " + host + b"\r\n" + head + b"\r\n\r\n" + body
    )
    found = statuses(answer)
    assert found
    assert 200 not in found or host != b"localhost"
    if len(found) > 1:  # Caddy read it as a second request of the visitor's, and judged it as such
        assert found[1] == 404
    assert box.request("GET", "/readyz").status == 200


@pytest.mark.parametrize(
    "host",
    [
        *("localhost.", "mine.localhost@localhost", "localhost, mine.localhost", "", "[::1]"),
        *("{file./etc/passwd}", "*.localhost", "127.0.0.1", "localhost\x00.evil", "localhost/x"),
        *("local\thost", "localhost:80:80", "localhost#x", "localhost%00", "mine.localhost."),
    ],
)
def test_odd_host_is_nobody_s(box: Box, host: str) -> None:
    """Only the exact names lead anywhere; what looks like a placeholder or a pattern is text."""
    request = f"GET /readyz HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    answer = say(box.port, request.encode())
    assert statuses(answer)[0] in {400, 404}
    assert b"root:" not in answer


def test_two_hosts_are_refused(box: Box) -> None:
    """Which of them counts must not depend on who reads."""
    request = b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: mine.localhost\r\n\r\n"
    assert statuses(say(box.port, request)) == [400]


def test_clients_that_never_finish_their_headers_harm_nobody(box: Box) -> None:
    """Hundreds of slow clients: others are served meanwhile, and they are sent away in time."""
    with ExitStack() as stack:
        slow = []
        for port in [box.port, box.api_port] * (SLOW_CLIENTS // 2):
            connection = socket.create_connection(("127.0.0.1", port), 5)
            slow.append(stack.enter_context(connection))
            connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ")
        assert box.visit("theirs").status == 200
        assert box.request("GET", "/readyz", host="localhost").status == 200
        slow[0].settimeout(PATIENCE_S)
        assert slow[0].recv(100) == b""


def test_clients_that_never_finish_their_bodies_harm_nobody(box: Box) -> None:
    """Hundreds of half logins: everybody else logs in."""
    with ExitStack() as stack:
        for _ in range(SLOW_CLIENTS):
            connection = socket.create_connection(("127.0.0.1", box.port), 5)
            stack.enter_context(connection)
            connection.sendall(
                b"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999\r\n\r\na="
                + b"b" * 5000
            )
        assert box.request("GET", "/login", host="localhost").status == 200


def test_uploads_that_come_byte_by_byte_harm_nobody(box: Box) -> None:
    """Hundreds of them at the control plane itself: an upload beside them ends, and they leave nothing."""
    uploads = box.directory / "uploads"
    head = (
        "POST /v1/projects/mine/deploy HTTP/1.1\r\nHost: localhost\r\n"
        f"Authorization: Bearer {box.key}\r\nContent-Length: 9999\r\n"
        "Content-Type: multipart/form-data; boundary=x\r\n\r\n--x\r\n"
        'Content-Disposition: form-data; name="archive"; filename="a"\r\n\r\n'
    )
    with ExitStack() as stack:
        slow = []
        for _ in range(SLOW_UPLOADS):
            connection = socket.create_connection(("127.0.0.1", box.api_port), PATIENCE_S)
            slow.append(stack.enter_context(connection))
            connection.sendall(head.encode())
        until(lambda: len(list(uploads.iterdir())) == SLOW_UPLOADS)
        for connection in slow:
            connection.sendall(b"x")
        assert box.request("GET", "/v1/projects").status == 200
        assert box.upload("theirs", b"no archive").code == "archive_invalid"
    until(lambda: not list(uploads.iterdir()))


def until(condition: Callable[[], bool]) -> None:
    """Returns when it holds."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize(
    "body",
    [
        b"", b"--x", b"--x--", b"--x\r\n\r\n", b"--x\r\n" + b"A" * 100_000, b"--x\r\n" * 5000,
        b'--x\r\nContent-Disposition: form-data; name="archive"\r\n\r\nx\r\n--x--',
        (b'--x\r\nContent-Disposition: form-data; name="archive"; filename="../../../etc/cron.d/x"'
        b"\r\n\r\n\x1f\x8b\r\n--x--"),
        b"--x\r\nContent-Disposition: form-data; name*=UTF-8''%00archive\r\n\r\nx\r\n--x--",
        b"--x\r\n" + b"X-%d: y\r\n" * 2000 + b"\r\n\r\n--x--",
        b"\0" * 1000, b"\xff\xfe--x\r\n",
        (b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n') * 200 + b"--x--",
    ],
)  # fmt: skip
def test_broken_form_is_refused_and_leaves_nothing(box: Box, body: bytes) -> None:
    """Whatever stands in a multipart body: a 4xx in our shape, and no file left."""
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = box.request("POST", "/v1/projects/mine/deploy", body, headers=headers)
    assert 400 <= answer.status < 500
    assert answer.code
    assert list((box.directory / "uploads").iterdir()) == []


def test_log_lines_of_an_app_stay_lines(box: Box) -> None:
    """An app that prints what an event stream and a terminal are made of fakes neither."""
    evil = [
        "a\\rdata: fake",
        "event: end",
        "id: 9",
        "\\x1b]0;title\\x07\\x1b[2Jclear",
        "\\u2028data: x",
    ]
    command = "\n".join(f'RUN printf "%b\\n" {json.dumps(line)}' for line in evil)
    box.create("loud")
    made = box.upload(
        "loud", {"Dockerfile": f"FROM python:3.13-slim\n{command}\nRUN exit 1\n"}
    ).data
    path = f"/v1/projects/loud/deployments/{made['id']}/logs/stream"
    box.settled("loud", made["id"])
    answer = box.request("GET", path)
    assert b"\x1b" not in answer.body
    assert b"\r" not in answer.body
    names = [line for line in answer.body.split(b"\n") if line.startswith(b"event:")]
    assert all(name.split()[1] in {b"end", b"status", b"done"} for name in names), names
    assert b"\ndata: fake" not in answer.body
