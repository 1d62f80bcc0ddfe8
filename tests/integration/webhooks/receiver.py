"""A receiver of webhooks: a real HTTP(S) server on loopback that does what a test tells it to."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"


@dataclass
class Received:
    """A request as it came."""

    head: str
    body: bytes

    def header(self, name: str) -> str:
        lines = self.head.split("\r\n")[1:]
        return next(
            value.strip()
            for key, _, value in (line.partition(":") for line in lines)
            if key.lower() == name.lower()
        )


Answer = bytes | Callable[[asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Receiver:
    """Answers each request with the next of `answers`, and the last of them for ever."""

    port: int = 0
    answers: list[Answer] = field(default_factory=lambda: [OK])
    requests: list[Received] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)
    tasks: set["asyncio.Task[None]"] = field(default_factory=set)

    async def wait_for(self, count: int) -> list[Received]:
        """The first `count` requests, once they are there."""
        async with asyncio.timeout(20):
            while len(self.requests) < count:
                self.news.clear()
                await self.news.wait()
        return self.requests[:count]

    async def close(self) -> None:
        """Lets go of connections that a test has left hanging."""
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.tasks.add(task)
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            received = Received(head.removesuffix("\r\n\r\n"), b"")
            received.body = await reader.readexactly(int(received.header("content-length")))
            answer = self.answers[min(len(self.requests), len(self.answers) - 1)]
            self.requests.append(received)
            self.news.set()
            if isinstance(answer, bytes):
                writer.write(answer)
                await writer.drain()
            else:
                await answer(writer)
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            return  # the sender has gone, as some tests want it to
        finally:
            self.tasks.discard(task)
            writer.close()


@asynccontextmanager
async def receiving(
    *answers: Answer, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1"
) -> AsyncIterator[Receiver]:
    """A receiver for the time of the block."""
    receiver = Receiver(answers=list(answers) or [OK])
    server = await asyncio.start_server(receiver.serve, host, 0, ssl=tls)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()
        await receiver.close()
