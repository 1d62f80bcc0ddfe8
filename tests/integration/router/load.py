"""A load client that says how each request ended; loopback only."""

import asyncio
import json
import socket
import time
from asyncio import StreamReader, StreamWriter
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

CONNECTIONS_MAX = 64
_REQUEST_TIMEOUT_S = 15


@dataclass
class Load:
    """Connections that send GET and POST in turn until told to end.

    The first `fresh` of them are closed after each request; the others are kept alive. `make_socket`
    makes sockets of the network in which the port is. Without `posts` there are only GETs, which may be
    tried again.
    """

    port: int
    host: str
    connections: int = 16
    fresh: int = 0
    path: str = "/"
    pause_s: float = 0
    posts: bool = True
    make_socket: Callable[[], socket.socket] = socket.socket
    latencies_s: list[float] = field(default_factory=list)
    outcomes: Counter[str] = field(default_factory=Counter)
    by_app: Counter[str] = field(default_factory=Counter)
    answered: asyncio.Event = field(default_factory=asyncio.Event)
    wanted: str = ""
    swaps: int = 0
    stale: int = 0
    _ending: bool = False
    _group: asyncio.TaskGroup | None = None

    async def run(self) -> None:
        assert self.connections <= CONNECTIONS_MAX
        async with asyncio.TaskGroup() as group:
            for number in range(self.connections):
                group.create_task(self._hammer(number))

    def end(self) -> None:
        self._ending = True

    def expect_nothing(self) -> None:
        """From now until `wait_for`, either app may answer: the swap is under way."""
        self.wanted = ""
        self.swaps += 1

    async def wait_for(self, app: str) -> None:
        """Return when a request that began after this call was answered by `app`."""
        self.wanted = app
        self.answered.clear()
        async with asyncio.timeout(_REQUEST_TIMEOUT_S):
            await self.answered.wait()

    async def _hammer(self, number: int) -> None:
        reader, writer, fresh = None, None, True
        count = number
        while not self._ending:
            if writer is None:
                try:
                    reader, writer = await self._connect()
                except ConnectionError:
                    self.outcomes["refused"] += 1
                    await asyncio.sleep(self.pause_s)
                    continue
                fresh = True
            assert reader is not None
            count += 1
            wanted, swaps = self.wanted, self.swaps
            began = time.monotonic()
            try:
                async with asyncio.timeout(_REQUEST_TIMEOUT_S):
                    outcome, app = await self._request(
                        reader, writer, post=self.posts and bool(count % 2)
                    )
            except (asyncio.IncompleteReadError, ConnectionError):
                outcome, app = ("cut when fresh" if fresh else "cut when reused"), ""
            except TimeoutError:
                outcome, app = "timed out", ""
            self.latencies_s.append(time.monotonic() - began)
            self.outcomes[outcome] += 1
            self.by_app[app] += 1
            if wanted and swaps == self.swaps:
                self._compare(app)
            await asyncio.sleep(self.pause_s)
            fresh = False
            if outcome != "ok" or number < self.fresh:
                writer.close()
                writer = None
        if writer:
            writer.close()

    async def _connect(self) -> tuple[StreamReader, StreamWriter]:
        made = self.make_socket()
        made.setblocking(False)
        await asyncio.get_running_loop().sock_connect(made, ("127.0.0.1", self.port))
        return await asyncio.open_connection(sock=made)

    def _compare(self, app: str) -> None:
        if app == self.wanted:
            self.answered.set()
        else:
            self.stale += 1

    async def _request(
        self, reader: StreamReader, writer: StreamWriter, *, post: bool
    ) -> tuple[str, str]:
        payload = b"x" * 100 if post else b""
        writer.write(
            f"{'POST' if post else 'GET'} {self.path} HTTP/1.1\r\nHost: {self.host}\r\n"
            f"Content-Length: {len(payload)}\r\n\r\n".encode()
            + payload
        )
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        status = head.split(" ")[1]
        fields = dict(row.lower().split(": ", 1) for row in head.strip().split("\r\n")[1:])
        text = await reader.readexactly(int(fields.get("content-length", 0)))
        if status != "200":
            return f"status {status}", ""
        answer = json.loads(text)
        if answer["size"] != len(payload):
            return "body lost", answer["app"]
        return ("told to close" if fields.get("connection") == "close" else "ok"), answer["app"]

    @property
    def failures(self) -> dict[str, int]:
        """What did not end well, by kind."""
        fine = ("ok", "told to close")
        return {kind: count for kind, count in self.outcomes.items() if kind not in fine}
