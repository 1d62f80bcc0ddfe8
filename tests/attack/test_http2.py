"""HTTP/2 frames that no client sends, and names that differ, at Caddy's HTTPS port. Loopback only."""

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import chain, repeat
from pathlib import Path

import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import ResponseReceived, StreamReset
from hpack import Encoder
from hyperframe.frame import (
    ContinuationFrame,
    Frame,
    HeadersFrame,
    PingFrame,
    RstStreamFrame,
    SettingsFrame,
)

from tests.box import Box, free_port, running_box

pytestmark = [pytest.mark.engine]

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
PATIENCE_S = 60
GROWTH_MAX_BYTES = 150_000_000
STREAMS = 2000
FRAMES = 20_000


@pytest.fixture(scope="module")
def https(docker_host: str) -> Iterator[tuple[Box, int]]:  # noqa: ARG001 - it is there then
    """A box with certificates of its own, and its HTTPS port."""
    port = free_port()
    with running_box(tls="internal", https_port=str(port)) as box:
        yield box, port


@contextmanager
def connected(port: int, protocol: str, name: str = "localhost") -> Iterator[ssl.SSLSocket]:
    """A TLS connection that shook hands for `name`."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols([protocol])
    with (
        socket.create_connection(("127.0.0.1", port), PATIENCE_S) as plain,
        context.wrap_socket(plain, server_hostname=name) as secure,
    ):
        assert secure.selected_alpn_protocol() == protocol
        yield secure


def ask(port: int, **pseudo: str) -> int:
    """The status of a GET by HTTP/2, whatever its pseudo-headers say; 0 where there is no answer."""
    fields = {"method": "GET", "scheme": "https", "authority": "localhost", "path": "/readyz"}
    config = H2Configuration(
        validate_outbound_headers=False, normalize_outbound_headers=False, header_encoding="utf-8"
    )
    client = H2Connection(config)
    client.initiate_connection()
    headers = [(f":{key}", value) for key, value in (fields | pseudo).items()]
    client.send_headers(1, headers, end_stream=True)
    with connected(port, "h2") as connection:
        connection.sendall(client.data_to_send())
        while data := connection.recv(65536):
            for event in client.receive_data(data):
                if isinstance(event, ResponseReceived):
                    return int(dict(event.headers)[":status"])
                if isinstance(event, StreamReset):
                    return 0
    return 0


def memory_bytes(pid: int) -> int:
    """What a process holds."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    [line] = [line for line in lines if line.startswith("VmRSS")]
    return int(line.split()[1]) * 1024


@pytest.mark.parametrize(
    ("pseudo", "expected"),
    [
        ({}, {200}),
        ({"authority": "mine.localhost"}, {404}),
        ({"authority": "user@localhost"}, {0, 400, 404}),
        ({"authority": "local\thost"}, {0, 400, 404}),
        ({"authority": ""}, {0, 400, 404}),
        ({"path": "/internal/ask?domain=localhost"}, {404}),
        ({"path": "//internal/ask?domain=localhost"}, {404}),
        ({"path": "/v1/%2e%2e/internal/ask?domain=localhost"}, {404}),
        ({"path": "https://localhost/internal/ask?domain=localhost"}, {0, 400, 404}),
        ({"path": "http://127.0.0.1/internal/ask?domain=localhost"}, {0, 400, 404}),
        ({"path": "internal/ask"}, {0, 400, 404}),
        ({"path": "/readyz HTTP/1.1\r\nHost: x\r\n\r\nGET /metrics"}, {0, 400, 404}),
        ({"path": "*"}, {0, 400, 404}),
        ({"path": "/v1/%2e%2e/metrics"}, {404}),
        ({"scheme": "http", "path": "/internal/ask?domain=localhost"}, {0, 400, 404}),
        ({"method": "CONNECT"}, {0, 400, 404, 405}),
        ({"method": "GET /internal/ask HTTP/1.1\r\nX: "}, {0, 400, 404, 405}),
    ],
)  # fmt: skip
def test_pseudo_headers_lead_no_further_than_a_plain_request(
    https: tuple[Box, int], pseudo: dict[str, str], expected: set[int]
) -> None:
    """Whatever is written where the host and the path belong: no way inside, and no other host."""
    assert ask(https[1], **pseudo) in expected


@pytest.mark.parametrize("target", ["/readyz", "https://mine.localhost/readyz"])
def test_host_is_the_one_that_is_asked_for_whoever_was_shaken_hands_for(
    https: tuple[Box, int], target: str
) -> None:
    """Connections are shared between names; nobody's name leads nowhere on any of them."""
    with connected(https[1], "http/1.1") as connection:
        connection.sendall(f"GET {target} HTTP/1.1\r\nHost: mine.localhost\r\n\r\n".encode())
        assert connection.recv(65536).startswith(b"HTTP/1.1 404 ")


def rapid_reset() -> Iterator[bytes]:
    """Requests that are taken back as soon as they are made."""
    block = encoded((":path", "/login"))
    for stream in range(1, 2 * STREAMS, 2):
        yield framed(HeadersFrame(stream, block, flags=["END_HEADERS", "END_STREAM"]))
        yield framed(RstStreamFrame(stream, error_code=8))


def endless_headers() -> Iterator[bytes]:
    """One request whose headers never end."""
    yield framed(HeadersFrame(1, encoded((":path", "/")), flags=["END_STREAM"]))
    more = framed(ContinuationFrame(1, Encoder().encode([("x", "y" * 8000)], huffman=False)))
    yield from repeat(more, 5000)


def huge_lists() -> Iterator[bytes]:
    """Many requests, each of a few bytes that stand for a megabyte of headers."""
    first = encoded((":path", "/")) + b"\x40\x01x\x7f\xb9\x16" + b"y" * 3000
    yield framed(HeadersFrame(1, first + b"\xbe" * 300, flags=["END_HEADERS", "END_STREAM"]))
    again = encoded((":path", "/")) + b"\xbe" * 300
    for stream in range(3, 400, 2):
        yield framed(HeadersFrame(stream, again, flags=["END_HEADERS", "END_STREAM"]))


def pings() -> Iterator[bytes]:
    """Questions whose answers nobody reads."""
    yield from repeat(framed(PingFrame(0, b"12345678")), FRAMES)


def settings() -> Iterator[bytes]:
    """Changes of mind, each of which must be confirmed."""
    yield from repeat(framed(SettingsFrame(0, settings={4: 1})), FRAMES)


def framed(frame: Frame) -> bytes:
    return frame.serialize()


def encoded(*fields: tuple[str, str]) -> bytes:
    """A request's header block that leaves the table of names as it is."""
    base = ((":method", "GET"), (":scheme", "https"), (":authority", "localhost"))
    return b"".join(
        b"\x00" + bytes([len(name)]) + name.encode() + bytes([len(value)]) + value.encode()
        for name, value in chain(base, fields)
    )


@pytest.mark.parametrize("flood", [rapid_reset, endless_headers, huge_lists, pings, settings])
def test_flood_of_frames_leaves_the_box_answering(
    https: tuple[Box, int], flood: Callable[[], Iterator[bytes]]
) -> None:
    """Others are answered while it comes, and neither Caddy nor the box grows with it."""
    box, port = https
    pids = (box.caddy_pid, box.pid)
    before = [memory_bytes(pid) for pid in pids]
    frames = [PREFACE + framed(SettingsFrame(0)), *flood()]
    with connected(port, "h2") as attacker:
        half = len(frames) // 2
        with suppress(OSError):  # sent away, as it should be
            attacker.sendall(b"".join(frames[:half]))
        assert ask(port) == 200
        with suppress(OSError):
            attacker.sendall(b"".join(frames[half:]))
        assert ask(port) == 200
    grown = [memory_bytes(pid) - size for pid, size in zip(pids, before, strict=True)]
    assert all(size < GROWTH_MAX_BYTES for size in grown), grown
    assert (box.caddy_pid, box.pid) == pids
