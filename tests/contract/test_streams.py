"""A build's log, live: hundreds of readers, cut connections, and one who does not read at all."""

import asyncio
import re
import secrets
import socket

import pytest

from tests.box import Box, running_box
from tests.contract.wire import TIMEOUT_S

pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("python_base")]

READERS = 500
LINES = 300
EVENT = re.compile(rb"id: (\d+)\ndata: ([^\n]*)\n\n")
#: What is printed takes some seconds, so that readers come before, during and after it.
DOCKERFILE = f"""\
FROM python:3.13-slim
RUN python3 -u -c "import time; [(print('line', n, '{{nonce}}'), time.sleep(0.02)) \
for n in range({LINES})]"
RUN exit 7
"""

Event = tuple[int, bytes]


async def read(box: Box, path: str, after: int = -1, until: int | None = None) -> list[Event]:
    """The events of a stream after an id, to its end; or at least to `until`, where it is cut off.

    HTTP/1.0, whose bodies come as they are.
    """
    resume = f"Last-Event-ID: {after}\r\n" if after >= 0 else ""
    head = f"GET {path} HTTP/1.0\r\nAuthorization: Bearer {box.key}\r\n{resume}\r\n"
    async with asyncio.timeout(2 * TIMEOUT_S):
        reader, writer = await asyncio.open_connection("127.0.0.1", box.api_port)
        try:
            writer.write(head.encode())
            raw = b""
            while piece := await reader.read(64 * 1024):
                raw += piece
                if until is not None and b"id: %d\n" % until in raw:
                    break
        finally:
            writer.close()
    assert raw.startswith(b"HTTP/1.0 200"), raw[:200]
    return [(int(number), text) for number, text in EVENT.findall(raw)]


async def read_in_two(box: Box, path: str, cut: int) -> list[Event]:
    """The same, by somebody whose connection breaks at an event and who comes back."""
    first = await read(box, path, until=cut)
    return first + await read(box, path, after=first[-1][0])


async def read_all(box: Box, path: str) -> list[list[Event]]:
    """What each reader got; they come one after the other, every third is cut off once."""
    tasks = []
    for number in range(READERS):
        reading = read_in_two(box, path, number % LINES) if number % 3 == 0 else read(box, path)
        tasks.append(asyncio.create_task(reading))
        await asyncio.sleep(0.005)
    return await asyncio.gather(*tasks)


def test_each_of_many_readers_of_a_build_gets_every_line_once_and_in_order(
    box: Box, project: str, slug: str
) -> None:
    """Whenever they come, and across a reconnect; who does not read at all holds nobody up."""
    dockerfile = DOCKERFILE.replace("{nonce}", secrets.token_hex(4))
    id_ = box.upload(project, {"Dockerfile": dockerfile}).data["id"]
    path = f"/v1/projects/{project}/deployments/{id_}/logs/stream"
    with socket.create_connection(("127.0.0.1", box.api_port)) as idle:
        idle.sendall(f"GET {path} HTTP/1.0\r\nAuthorization: Bearer {box.key}\r\n\r\n".encode())
        got = asyncio.run(read_all(box, path))
        assert box.settled(slug, id_)["status"] == "failed"
    lines = box.log_of(slug, id_).encode().splitlines()
    assert sum(b" line " in line for line in lines) >= LINES
    whole = list(enumerate(lines))
    assert [events == whole for events in got] == [True] * READERS


def test_stream_is_cut_at_its_limit_and_goes_on_where_it_was(docker_host: str) -> None:  # noqa: ARG001
    """The hosted service's fifteen minutes are a setting; a reader who comes back misses nothing."""
    with running_box(stream_max_s="1") as short:
        short.create("slow")
        dockerfile = DOCKERFILE.replace("{nonce}", secrets.token_hex(4))
        id_ = short.upload("slow", {"Dockerfile": dockerfile}).data["id"]
        path = f"/v1/projects/slow/deployments/{id_}/logs/stream"
        events, connections = list[Event](), 0
        while short.deployment("slow", id_)["status"] in {"pending", "building"}:
            events += asyncio.run(read(short, path, after=len(events) - 1))
            connections += 1
        events += asyncio.run(read(short, path, after=len(events) - 1))
        lines = short.log_of("slow", id_).encode().splitlines()
    assert events == list(enumerate(lines))
    assert connections > 1
