"""Bodies that stop, lie about their length, or go on after the answer."""

import asyncio
from typing import Any

import pytest
from litestar import Request

from sotabox.errors import BadRequest, TooLarge
from sotabox.web import body
from sotabox.web.body import Incoming, chunks, read_body

HANGS: dict[str, Any] = {}
GONE = {"type": "http.disconnect"}


def piece(content: bytes, *, more: bool = True) -> dict[str, Any]:
    return {"type": "http.request", "body": content, "more_body": more}


def request(*messages: dict[str, Any], length: int | None = None) -> Request[Any, Any, Any]:
    """A request whose sender sends these; after `HANGS` nothing comes any more."""
    waiting = iter(messages)

    async def receive() -> Any:
        message = next(waiting)
        if message is HANGS:
            await asyncio.Event().wait()
        return message

    headers = [] if length is None else [(b"content-length", str(length).encode())]
    return Request({"type": "http", "headers": headers, "method": "POST"}, receive)  # type: ignore[typeddict-item]


async def test_body_comes_piece_by_piece() -> None:
    """Empty pieces are none."""
    asked = request(piece(b"ab"), piece(b""), piece(b"c", more=False), length=3)
    assert [chunk async for chunk in chunks(asked)] == [b"ab", b"c"]


async def test_body_whose_sender_goes_away_is_broken_off() -> None:
    """Half a body is never taken for a whole one."""
    with pytest.raises(BadRequest, match="closed"):
        await read_body(request(piece(b"ab"), GONE, length=9), 100)


async def test_body_that_is_shorter_than_announced_is_refused() -> None:
    """Whatever a server makes of a cut connection: the length tells."""
    with pytest.raises(BadRequest, match="2 of 9"):
        await read_body(request(piece(b"ab", more=False), length=9), 100)


async def test_body_that_stops_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sender that holds its connection and says nothing holds nothing of ours."""
    monkeypatch.setattr(body, "IDLE_S", 0.01)
    with pytest.raises(BadRequest, match="stopped"):
        await read_body(request(piece(b"ab"), HANGS), 100)


async def test_body_over_its_limit_is_refused_where_it_passes_it() -> None:
    """With a length before anything is read; without one as soon as it shows."""
    with pytest.raises(TooLarge):
        await read_body(request(length=101), 100)
    with pytest.raises(TooLarge):
        await read_body(request(piece(bytes(101)), HANGS), 100)


@pytest.mark.parametrize("length", ["-1", "1e3", "٣", ""])
async def test_length_that_is_no_number_is_malformed(length: str) -> None:
    """A request that can't count is refused."""
    asked = request()
    asked.scope["headers"] = [(b"content-length", length.encode("utf-8"))]
    with pytest.raises(BadRequest):
        await read_body(asked, 100)


async def test_lingering_reads_to_the_end_of_the_body() -> None:
    """The sender can finish, and so gets to its answer."""
    messages = [piece(b"a"), piece(b"b"), piece(b"c", more=False)]
    incoming = Incoming(request(*messages).receive)
    await incoming()
    await incoming.linger()
    await incoming.linger()  # once at its end it asks for nothing more


@pytest.mark.parametrize("limit", ["_LINGER_S", "_LINGER_IDLE_S"])
async def test_lingering_ends_with_a_sender_that_stops(
    monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    """Politeness is bounded."""
    monkeypatch.setattr(body, limit, 0.01)
    await Incoming(request(piece(b"a"), HANGS).receive).linger()
