"""Request bodies, received in bounded time and memory."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Final, cast

from litestar import Request
from litestar.types import HTTPDisconnectEvent, HTTPRequestEvent, Receive

from sotabox.errors import BadRequest, TooLarge

#: A sender that is silent for longer has gone, whatever its connection says.
IDLE_S: Final = 30
_LINGER_S: Final = 30
_LINGER_IDLE_S: Final = 5


async def chunks(request: Request[Any, Any, Any]) -> AsyncIterator[bytes]:
    """The body piece by piece, as it arrives.

    Raises:
        BadRequest: it ended too early, or nothing came for `IDLE_S`.
    """
    announced = content_length(request)
    received = 0
    while True:
        message = await _next(request.receive)
        if message["type"] == "http.disconnect":
            raise BadRequest("The connection was closed in the middle of the request")
        if piece := message.get("body", b""):
            received += len(piece)
            yield piece
        if not message.get("more_body", False):
            break
    if announced is not None and received < announced:
        raise BadRequest(f"The request ended after {received} of {announced} bytes")


async def read_body(request: Request[Any, Any, Any], max_bytes: int) -> bytes:
    """The whole of a small body.

    Raises:
        TooLarge: it has more than `max_bytes`.
        BadRequest: as for `chunks`.
    """
    if (content_length(request) or 0) > max_bytes:
        raise _too_large(max_bytes)
    body = bytearray()
    async for piece in chunks(request):
        body += piece
        if len(body) > max_bytes:
            raise _too_large(max_bytes)
    return bytes(body)


def content_length(request: Request[Any, Any, Any]) -> int | None:
    """The announced size of a body in bytes; None where it comes in chunks, or not at all.

    Raises:
        BadRequest: the header holds no number.
    """
    text = request.headers.get("content-length")
    if text is None:
        return None
    if not (text.isascii() and text.isdigit()):
        raise BadRequest("The Content-Length header is not a number")
    return int(text)


class Incoming:
    """A request's `receive` that knows whether the body has been read to its end."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._ended = False

    async def __call__(self) -> Any:
        message = await self._receive()
        self._ended = self._ended or not message.get("more_body", False)
        return message

    async def linger(self) -> None:
        """Reads, and forgets, what a client still sends after its answer is out.

        To close at once would reset the connection, and many clients would then report a broken
        pipe instead of the answer (Node's `fetch`: 91 of 100). Bounded: some never stop.
        """
        try:
            async with asyncio.timeout(_LINGER_S):
                while not self._ended:
                    async with asyncio.timeout(_LINGER_IDLE_S):
                        await self()
        except TimeoutError:
            return


async def _next(receive: Receive) -> HTTPRequestEvent | HTTPDisconnectEvent:
    try:
        async with asyncio.timeout(IDLE_S):
            return cast("HTTPRequestEvent | HTTPDisconnectEvent", await receive())
    except TimeoutError as error:
        raise BadRequest(f"The request stopped: nothing came for {IDLE_S} s") from error


def _too_large(max_bytes: int) -> TooLarge:
    return TooLarge(f"The body of this request may have at most {max_bytes} bytes")
