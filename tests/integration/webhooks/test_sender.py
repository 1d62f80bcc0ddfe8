"""One request to a webhook, over real connections."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import pytest

from sotabox.webhooks import sender as sender_module
from sotabox.webhooks.addresses import Policy
from sotabox.webhooks.resolver import Resolver
from sotabox.webhooks.sender import BODY_MAX_BYTES, Sender
from tests.integration.webhooks.authority import contexts
from tests.integration.webhooks.receiver import receiving

INNER = Policy(private=True, own_networks=())
WORLD = Policy(private=False, own_networks=(IPv4Network("10.213.0.0/16"),))

getaddrinfo = socket.getaddrinfo


@asynccontextmanager
async def sending(
    policy: Policy = INNER, trust: ssl.SSLContext | None = None
) -> AsyncIterator[Sender]:
    resolver = Resolver(policy)
    sender = Sender(resolver, lambda: trust or ssl.create_default_context())
    try:
        yield sender
    finally:
        await sender.close()
        resolver.close()


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Gives names addresses, one set after the other; and the list of what was asked for."""
    asked: list[str] = []

    def say(name: str, *answers: list[str]) -> list[str]:
        def answer(host: str, port: int, **options: Any) -> Any:
            if host != name:
                return getaddrinfo(host, port, **options)
            asked.append(host)
            addresses = answers[min(len(asked), len(answers)) - 1]
            return [
                (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))
                for address in addresses
            ]

        monkeypatch.setattr(socket, "getaddrinfo", answer)
        return asked

    return say


async def test_body_and_headers_arrive_as_given() -> None:
    """Byte by byte, so that a signature fits; under the name and port of the URL."""
    async with receiving() as receiver, sending() as sender:
        url = f"http://127.0.0.1:{receiver.port}/hook?a=b%20c"
        attempt = await sender.post(url, b'{"x": 1}', {"X-Sota-Event": "ping"})
        (request,) = receiver.requests
    assert (attempt.response_status, attempt.response_body) == (200, "ok")
    assert attempt.accepted
    assert request.head.startswith("POST /hook?a=b%20c HTTP/1.1")
    assert request.header("host") == f"127.0.0.1:{receiver.port}"
    assert request.header("x-sota-event") == "ping"
    assert request.body == b'{"x": 1}'


async def test_name_is_kept_in_host_and_handshake_while_its_address_is_dialled(
    tmp_path: Path, names: Callable[..., list[str]]
) -> None:
    """HTTPS works as ever: the certificate is checked for the name."""
    server, trust = contexts(tmp_path, "hooks.test")
    seen: list[str | None] = []
    server.sni_callback = lambda _socket, name, _context: seen.append(name)
    names("hooks.test", ["127.0.0.1"])
    async with receiving(tls=server) as receiver, sending(trust=trust) as sender:
        attempt = await sender.post(f"https://hooks.test:{receiver.port}/", b"{}", {})
        (request,) = receiver.requests
    assert attempt.accepted, attempt
    assert request.header("host") == f"hooks.test:{receiver.port}"
    assert seen == ["hooks.test"]


async def test_certificate_of_another_name_is_refused(
    tmp_path: Path, names: Callable[..., list[str]]
) -> None:
    """Nothing is sent to who can't show that it is the one."""
    server, trust = contexts(tmp_path, "other.test")
    names("hooks.test", ["127.0.0.1"])
    async with receiving(tls=server) as receiver, sending(trust=trust) as sender:
        attempt = await sender.post(f"https://hooks.test:{receiver.port}/", b"{}", {})
        assert receiver.requests == []
    assert not attempt.accepted
    assert attempt.error is not None
    assert "certificate" in attempt.error.lower()


async def test_certificate_of_nobody_is_refused(tmp_path: Path) -> None:
    """The authorities of the system decide."""
    server, _ = contexts(tmp_path, "localhost")
    async with receiving(tls=server) as receiver, sending() as sender:
        attempt = await sender.post(f"https://localhost:{receiver.port}/", b"{}", {})
        assert receiver.requests == []
    assert not attempt.accepted


async def test_name_that_changes_after_it_was_judged_gains_nothing(
    names: Callable[..., list[str]],
) -> None:
    """DNS rebinding: the name is resolved once, and what was judged is what is dialled."""
    asked = names("rebind.test", ["93.184.216.34"], ["127.0.0.1"])
    async with receiving() as receiver, sending(WORLD) as sender:
        resolver = sender._resolver
        found = await resolver.addresses("rebind.test", receiver.port)
        assert [str(address) for address in found] == ["93.184.216.34"]
        attempt = await sender.post(f"http://rebind.test:{receiver.port}/", b"{}", {})
        assert receiver.requests == []
    assert asked == ["rebind.test", "rebind.test"]  # one look a request, never a second one
    assert attempt.error is not None
    assert "the box itself" in attempt.error


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1", "0"]
)
async def test_box_itself_is_not_reached(host: str) -> None:
    """However it is written, nothing connects; the log says why."""
    async with receiving() as receiver, sending(WORLD) as sender:
        attempt = await sender.post(f"http://{host}:{receiver.port}/", b"{}", {})
        assert receiver.requests == []
    assert attempt.response_status is None
    assert attempt.error


async def test_second_address_is_tried_where_the_first_is_dead(
    names: Callable[..., list[str]],
) -> None:
    """One broken line of two is no reason to be late."""
    names("two.test", ["127.0.0.2", "127.0.0.1"])
    async with receiving() as receiver, sending() as sender:
        attempt = await sender.post(f"http://two.test:{receiver.port}/", b"{}", {})
    assert attempt.accepted


async def test_redirect_is_not_followed() -> None:
    """Where a webhook leads is decided by its URL and not by who answers there."""
    async with receiving() as inner:
        target = f"http://127.0.0.1:{inner.port}/"
        answer = f"HTTP/1.1 307 Go\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n".encode()
        async with receiving(answer) as receiver, sending() as sender:
            attempt = await sender.post(f"http://127.0.0.1:{receiver.port}/", b"{}", {})
        assert inner.requests == []
    assert attempt.response_status == 307
    assert not attempt.accepted
    assert attempt.error is not None
    assert "redirect" in attempt.error


async def test_endless_answer_is_cut_off() -> None:
    """What a receiver says is kept up to a bound; the rest is not even read."""

    async def flood(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        while True:
            writer.write(b"x" * 65536)
            await writer.drain()

    async with receiving(flood) as receiver, sending() as sender:
        attempt = await sender.post(f"http://127.0.0.1:{receiver.port}/", b"{}", {})
    assert attempt.accepted
    assert attempt.response_body == "x" * BODY_MAX_BYTES


@pytest.mark.parametrize("silent_after", [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\n\r\nx"])
async def test_slow_answer_is_given_up(
    monkeypatch: pytest.MonkeyPatch, silent_after: bytes
) -> None:
    """Ten seconds for all of it (here: a third of one), wherever the receiver falls asleep."""
    monkeypatch.setattr(sender_module, "TIMEOUT_S", 0.3)

    async def sleep(writer: asyncio.StreamWriter) -> None:
        writer.write(silent_after)
        await writer.drain()
        await writer.wait_closed()

    async with receiving(sleep) as receiver, sending() as sender:
        attempt = await sender.post(f"http://127.0.0.1:{receiver.port}/", b"{}", {})
    assert attempt.error == "no answer within 0.3 s"
    assert attempt.duration_ms < 2000


@pytest.mark.parametrize("answer", [b"", b"SSH-2.0-OpenSSH_9\r\n", b"HTTP/1.1 200\x00 OK\r\n\r\n"])
async def test_answer_that_is_no_http_is_an_error_in_words(answer: bytes) -> None:
    """Whatever listens there, there is a line in the log and no crash."""
    async with receiving(answer) as receiver, sending() as sender:
        attempt = await sender.post(f"http://127.0.0.1:{receiver.port}/", b"{}", {})
    assert not attempt.accepted
    assert attempt.error


async def test_nobody_listening_is_an_error_in_words(free_port: Callable[[], int]) -> None:
    """So is a name that nobody has."""
    async with sending() as sender:
        refused = await sender.post(f"http://127.0.0.1:{free_port()}/", b"{}", {})
        unknown = await sender.post("http://nobody.invalid/", b"{}", {})
    assert refused.error
    assert unknown.error is not None
    assert "nobody.invalid has no address" in unknown.error
