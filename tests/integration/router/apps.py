"""Small real HTTP/1.1 servers on 127.0.0.1, to stand behind Caddy."""

import asyncio
import hashlib
import json
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator
from typing import Any


class App:
    """Answers every request with its name; knows a few paths that do more.

    `/echo` returns the request's headers, `/upload` the digest and the largest piece of what came,
    `/hold` answers when `release` is set, `/events` streams one event each time `more` is put to.
    """

    def __init__(self, name: str, delay_s: float) -> None:
        self.name = name
        self.release = asyncio.Event()
        self.more: asyncio.Queue[str] = asyncio.Queue()
        self.arrived = asyncio.Event()
        self.first_bytes = asyncio.Event()
        self.left = asyncio.Event()  # a connection has ended
        self._delay_s = delay_s
        self._server: asyncio.Server | None = None
        self._writers: set[StreamWriter] = set()

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)

    @property
    def address(self) -> str:
        assert self._server
        host, port = self._server.sockets[0].getsockname()
        return f"{host}:{port}"

    async def stop(self) -> None:
        assert self._server
        self._server.close()
        for writer in self._writers:
            writer.close()
        await self._server.wait_closed()

    async def _serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        self._writers.add(writer)
        try:
            while await self._answer(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the proxy closed an idle connection
        finally:
            self._writers.discard(writer)
            self.left.set()
            writer.close()

    async def _answer(self, reader: StreamReader, writer: StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        line, *rest = head.strip().split("\r\n")
        method, path, _ = line.split(" ")
        headers = {name.lower(): value for name, value in (row.split(": ", 1) for row in rest)}
        digest, size = hashlib.sha256(), 0
        async for piece in body(reader, headers):
            self.first_bytes.set()
            digest.update(piece)
            size += len(piece)
        self.arrived.set()
        if path == "/events":
            await self._events(writer)
            return False
        if path == "/hold":
            await self.release.wait()
        if self._delay_s:
            await asyncio.sleep(self._delay_s)
        answers: dict[str, Any] = {
            "/echo": headers,
            "/upload": {"sha256": digest.hexdigest(), "size": size},
        }
        answer = answers.get(path, {"app": self.name, "method": method, "size": size})
        text = json.dumps(answer).encode()
        status = "502 Mine" if path == "/my-own-502" else "200 OK"
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: {len(text)}\r\n".encode())
        writer.write(b"Server: of-the-app\r\n\r\n" + text)
        await writer.drain()
        return True

    async def _events(self, writer: StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
        while text := await self.more.get():
            writer.write(f"data: {text}\n\n".encode())
            await writer.drain()


async def body(reader: StreamReader, headers: dict[str, str]) -> AsyncIterator[bytes]:
    """The request's body in pieces as they come, whichever way its length is told."""
    if headers.get("transfer-encoding") == "chunked":
        while size := int(await reader.readline(), 16):
            yield await reader.readexactly(size)
            await reader.readline()
        await reader.readline()
    left = int(headers.get("content-length", 0))
    while left:
        piece = await reader.read(min(left, 65536))
        if not piece:
            raise asyncio.IncompleteReadError(b"", left)
        left -= len(piece)
        yield piece
