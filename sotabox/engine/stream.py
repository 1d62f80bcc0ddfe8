"""HTTP over the engine's unix socket for answers that take long: builds, pulls, logs, events.

The SDK would pin a thread for each of these; here each is one socket on the event loop.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final
from urllib.parse import urlencode

import h11

from sotabox.engine.faults import EngineError, fault_of, unavailable

_READ_BYTES: Final = 64 * 1024
_WHOLE_MAX_BYTES: Final = 4 * 1024 * 1024  # of an answer that is read at once
_LINE_MAX_BYTES: Final = 16 * 1024 * 1024  # of one JSON text in a stream

Body = bytes | AsyncIterator[bytes]


class Answer:
    """An answer whose body is read as it comes; it ends with its `request` block."""

    def __init__(self, connection: "_Connection", status: int) -> None:
        self._connection = connection
        self.status = status

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body's pieces as they arrive.

        A stream that the engine's death cut off ends as if complete where the engine sends no
        length; callers must not take an end for news about a container.
        """
        while chunk := await self._connection.receive_data():
            yield chunk

    async def read(self) -> bytes:
        """The whole body, which must be small."""
        body = bytearray()
        async for chunk in self.chunks():
            body += chunk
            if len(body) > _WHOLE_MAX_BYTES:
                raise EngineError("the engine's answer is larger than expected", self.status)
        return bytes(body)

    async def json_lines(self) -> AsyncIterator[dict[str, Any]]:
        """The JSON objects of a body that holds one a line."""
        rest = bytearray()
        async for chunk in self.chunks():
            *lines, last = (bytes(rest) + chunk).split(b"\n")
            rest = bytearray(last)
            if len(rest) > _LINE_MAX_BYTES:
                raise EngineError("a line of the engine's answer is too long", self.status)
            for line in lines:
                if line.strip():
                    yield json.loads(line)
        if rest.strip():
            yield json.loads(rest)


@asynccontextmanager
async def request(
    socket_path: str,
    method: str,
    path: str,
    params: Mapping[str, str] | None = None,
    *,
    headers: Mapping[str, str] | None = None,
    body: Body = b"",
    head_timeout_s: float | None = 30,
) -> AsyncIterator[Answer]:
    """One request on a connection of its own, which is closed with the block.

    `path` carries its API version. `body` is bytes, or pieces that are sent while the answer already
    comes in. `head_timeout_s` bounds the wait for the answer's first line; None where the engine
    sends it only after work that the caller bounds.

    Raises:
        EngineUnavailable: nobody listens, the connection broke, or the time is over.
        EngineNotFound, EngineError, DiskFull: the engine answered with an error.
        Exception: whatever the iterator `body` raised.
    """
    target = f"{path}?{urlencode(params)}" if params else path
    connection = await _Connection.open(socket_path)
    connection.sender = sender = asyncio.create_task(
        connection.send(method, target, headers or {}, body), name=f"engine {method} {path}"
    )
    try:
        async with asyncio.timeout(head_timeout_s):
            status = await connection.receive_head()
        answer = Answer(connection, status)
        if status >= 400:
            async with asyncio.timeout(head_timeout_s):
                raise fault_of(status, _message_of(await answer.read()))
        yield answer
    except TimeoutError as error:
        if connection.reading_head:
            raise unavailable(socket_path, f"no answer in {head_timeout_s} s") from error
        raise
    finally:
        sender.cancel()
        connection.close()
        await asyncio.wait({sender})  # not awaited itself: a cancellation of ours must get through
        if not sender.cancelled():
            sender.exception()  # seen; where it mattered, it was raised above


def _message_of(body: bytes) -> str:
    """The engine's sentence in an error's body."""
    text = body.decode(errors="replace").strip()
    try:
        return str(json.loads(text)["message"])
    except (ValueError, KeyError, TypeError):
        return text


class _Connection:
    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, socket_path: str
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._socket_path = socket_path
        self._http = h11.Connection(h11.CLIENT)
        self.reading_head = True
        self.sender: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, socket_path: str) -> "_Connection":
        try:
            async with asyncio.timeout(5):
                reader, writer = await asyncio.open_unix_connection(socket_path)
        except OSError as error:  # TimeoutError is one of these
            raise unavailable(socket_path, reason_of(error)) from error
        return cls(reader, writer, socket_path)

    async def send(self, method: str, target: str, headers: Mapping[str, str], body: Body) -> None:
        """The request; a broken pipe is left to the reader, which may still find an answer."""
        fields = [("Host", "docker"), *headers.items()]
        if isinstance(body, bytes):
            fields.append(("Content-Length", str(len(body))))
        else:
            fields.append(("Transfer-Encoding", "chunked"))
        try:
            await self._write(h11.Request(method=method, target=target, headers=fields))
            if isinstance(body, bytes):
                await self._write(h11.Data(data=body))
            else:
                try:
                    async for piece in body:
                        await self._write(h11.Data(data=piece))
                except ConnectionError:
                    raise
                except Exception:
                    self.close()  # without its end the body is no build context: nothing starts
                    raise
            await self._write(h11.EndOfMessage())
        except (ConnectionError, h11.LocalProtocolError):
            return

    async def receive_head(self) -> int:
        while True:
            event = await self._next_event()
            if isinstance(event, h11.Response):
                self.reading_head = False
                return event.status_code
            if not isinstance(event, h11.InformationalResponse):
                raise self._lost()

    async def receive_data(self) -> bytes:
        """The next piece of the body; empty at its end."""
        while True:
            event = await self._next_event()
            if isinstance(event, h11.Data):
                if event.data:
                    return bytes(event.data)
            elif isinstance(event, h11.EndOfMessage | h11.ConnectionClosed):
                return b""

    def close(self) -> None:
        self._writer.transport.abort()

    async def _write(self, event: h11.Event) -> None:
        if data := self._http.send(event):
            self._writer.write(data)
            await self._writer.drain()

    async def _next_event(self) -> h11.Event:
        while True:
            try:
                event = self._http.next_event()
                if not isinstance(event, type):  # not NEED_DATA; PAUSED is a server's matter
                    return event
                self._http.receive_data(await self._reader.read(_READ_BYTES))
            except (ConnectionError, h11.RemoteProtocolError) as error:
                raise self._lost() from error

    def _lost(self) -> Exception:
        """Why nothing more comes: the sender's failure, if that is why, else the engine's."""
        sender = self.sender
        if sender is not None and sender.done() and not sender.cancelled():
            cause = sender.exception()
            if isinstance(cause, Exception):
                return cause
        return unavailable(self._socket_path, "the connection broke")


def reason_of(error: OSError) -> str:
    """Why a connection could not be opened, in words."""
    if isinstance(error, FileNotFoundError):
        return "there is no such socket"
    if isinstance(error, PermissionError):
        return "this user may not open the socket"
    return (error.strerror or str(error) or type(error).__name__).lower()
