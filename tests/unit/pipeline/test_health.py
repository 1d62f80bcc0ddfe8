"""The health check against real HTTP servers, and what it says of sockets."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from sotabox.pipeline.failure import DeploymentFailed
from sotabox.pipeline.health import HealthCheck, Probe, explain_sockets

Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def says(status: str, body: str = "") -> Answer:
    """A server that answers every request alike, and remembers nothing."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
        await writer.drain()

    return answer


@asynccontextmanager
async def app(answer: Answer) -> AsyncIterator[int]:
    """A real server on loopback; gives its port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await answer(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the probe went away
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


@pytest.fixture
async def health() -> AsyncIterator[HealthCheck]:
    check = HealthCheck()
    yield check
    await check.close()


def probe(port: int, timeout_s: float = 0.3) -> Probe:
    return Probe(
        address="127.0.0.1", port=port, path="/up", host="my-app.box.test", timeout_s=timeout_s
    )


async def no_sockets() -> list[tuple[str, int]]:
    return []


async def verdict(health: HealthCheck, asked: Probe) -> DeploymentFailed | None:
    try:
        await health.wait_until_healthy(asked, sockets=no_sockets, note=print)
    except DeploymentFailed as failure:
        return failure
    return None


async def test_answer_of_a_healthy_app_is_told(health: HealthCheck) -> None:
    """A log says what the app answered, so that a 404 at the front door is noticed."""
    told: list[str] = []
    async with app(says("404 Not Found")) as port:
        await health.wait_until_healthy(probe(port), sockets=no_sockets, note=told.append)
    assert told == ["GET /up → 404"]


@pytest.mark.parametrize(
    "status", ["200 OK", "204 No Content", "302 Found", "401 Unauthorized", "404 Not Found"]
)
async def test_app_that_answers_below_500_is_healthy(health: HealthCheck, status: str) -> None:
    """A redirect to a login or a 404 is an answer: the app is up."""
    async with app(says(status)) as port:
        assert await verdict(health, probe(port)) is None


@pytest.mark.parametrize("status", ["500 Oops", "502 Bad Gateway", "503 Not Yet"])
async def test_app_that_answers_with_an_error_fails_by_name(
    health: HealthCheck, status: str
) -> None:
    """A crash page is no health; the verdict names what was asked and answered."""
    async with app(says(status)) as port:
        failure = await verdict(health, probe(port))
    assert failure is not None
    assert failure.reason == f"Not healthy after 0.3 s: GET /up answers {status[:3]}"
    assert failure.hint is not None
    assert "own log" in failure.hint


async def test_app_that_comes_up_late_is_healthy(health: HealthCheck) -> None:
    """Errors while an app warms up are waited out."""
    seen = 0

    async def warms_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal seen
        seen += 1
        await says("503 Not Yet" if seen < 4 else "200 OK")(reader, writer)

    async with app(warms_up) as port:
        assert await verdict(health, probe(port, timeout_s=10)) is None
    assert seen == 4


async def test_probe_is_for_the_visitors_host(health: HealthCheck) -> None:
    """Frameworks that refuse unknown hosts see the name that visitors use."""
    heads: list[bytes] = []

    async def remember(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    async with app(remember) as port:
        assert await verdict(health, probe(port)) is None
    assert heads[0].startswith(b"GET /up HTTP/1.1\r\n")
    assert b"\r\nHost: my-app.box.test\r\n" in heads[0]


async def test_port_without_a_listener_fails(
    health: HealthCheck, free_port: Callable[[], int]
) -> None:
    """Nothing listens: the verdict says so, and how to listen."""
    port = free_port()
    failure = await verdict(health, probe(port))
    assert failure is not None
    assert failure.reason == "Not healthy after 0.3 s: nothing listens on its port"
    assert failure.hint == f"Make it listen on 0.0.0.0 and the port in $PORT ({port})."


async def test_listener_that_speaks_no_http_fails(health: HealthCheck) -> None:
    """A database on the port is not a web app."""

    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"5.5.5-10.11 MariaDB\r\n")
        await writer.drain()

    async with app(greet) as port:
        failure = await verdict(health, probe(port))
    assert failure is not None
    assert "got no HTTP answer" in failure.reason


async def test_app_that_never_answers_is_given_up_in_time(health: HealthCheck) -> None:
    """An app that accepts and then is silent can't hold its deployment beyond the time-out."""
    held: list[asyncio.StreamWriter] = []
    never = asyncio.Event()

    async def silent(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        held.append(writer)
        await never.wait()

    async with app(silent) as port, asyncio.timeout(3):
        failure = await verdict(health, probe(port, timeout_s=0.5))
        never.set()
    assert failure is not None
    assert "GET /up had no answer" in failure.reason


async def test_endless_body_does_not_hold_the_check(health: HealthCheck) -> None:
    """The status is the answer: a page that streams for ever is healthy at once."""

    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            writer.write(b"5\r\nhello\r\n")
            await writer.drain()
            await asyncio.sleep(0)

    async with app(endless) as port, asyncio.timeout(3):
        assert await verdict(health, probe(port, timeout_s=2)) is None


async def test_two_hundred_checks_at_once_all_pass(health: HealthCheck) -> None:
    """Many projects may deploy at the same time; none waits for another's probe."""
    async with app(says("200 OK")) as port:
        verdicts = await asyncio.gather(*(verdict(health, probe(port, 10)) for _ in range(200)))
    assert verdicts == [None] * 200


@pytest.mark.parametrize(
    ("listening", "reason"),
    [
        ([("0.0.0.0", 8080)], None),
        ([("::", 8080)], None),
        ([("172.18.0.2", 8080)], None),
        ([("127.0.0.1", 8080), ("0.0.0.0", 8080)], None),
        ([], None),
        (
            [("127.0.0.1", 8080)],
            "the app listens on 127.0.0.1:8080, so nothing outside its container can reach it",
        ),
        (
            [("::1", 3000)],
            "the app listens on [::1]:3000, so nothing outside its container can reach it",
        ),
        ([("0.0.0.0", 3000)], "the app listens on port 3000 instead of 8080"),
        (
            [("::", 9000), ("0.0.0.0", 3000), ("127.0.0.1", 8080)],
            "the app listens on port 3000 and 9000 instead of 8080",
        ),
    ],
)
def test_sockets_explain_why_an_app_is_not_reached(
    listening: list[tuple[str, int]], reason: str | None
) -> None:
    """The two mistakes that everybody makes once, loopback and another port, are told apart."""
    explained = explain_sockets(listening, 8080)
    assert (explained and explained[0]) == reason


async def test_wrong_port_is_the_verdict(health: HealthCheck, free_port: Callable[[], int]) -> None:
    """What the container really listens on is a better reason than silence."""

    async def elsewhere() -> list[tuple[str, int]]:
        return [("0.0.0.0", 3000)]

    port = free_port()
    with pytest.raises(DeploymentFailed) as caught:
        await health.wait_until_healthy(probe(port), sockets=elsewhere, note=print)
    assert "listens on port 3000" in caught.value.reason
    assert caught.value.hint is not None
    assert "EXPOSE 3000" in caught.value.hint
