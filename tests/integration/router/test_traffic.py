import asyncio
import hashlib
import os
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import websockets

from sotabox.router.terms import TlsPolicy
from sotabox.settings import TlsMode
from tests.integration.router.box import MakeApp, MakeBox

UPLOAD_BYTES = 60_000_000


async def test_websocket_passes_both_ways(make_box: MakeBox) -> None:
    """Apps with live connections work."""
    box = make_box()

    async def shout(connection: websockets.ServerConnection) -> None:
        async for message in connection:
            await connection.send(str(message).upper())

    async with websockets.serve(shout, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        await box.point("chat", f"127.0.0.1:{port}")
        await box.caddy.start([box.route("chat")])
        # `localhost` names resolve to this machine (RFC 6761), but not in every resolver.
        async with websockets.connect(
            "ws://chat.localhost/", host="127.0.0.1", port=box.settings.http_port, proxy=None
        ) as client:
            await client.send("hello")
            assert await client.recv() == "HELLO"
            assert await box.caddy.admin.in_flight(f"127.0.0.1:{port}") == 1


async def test_websocket_outlives_a_reload(make_box: MakeBox) -> None:
    """Another project's new hostname does not cut this one's live connections."""
    box = make_box()

    async def shout(connection: websockets.ServerConnection) -> None:
        async for message in connection:
            await connection.send(str(message).upper())

    async with websockets.serve(shout, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        await box.point("chat", f"127.0.0.1:{port}")
        await box.caddy.start([box.route("chat")])
        async with websockets.connect(
            "ws://chat.localhost/", host="127.0.0.1", port=box.settings.http_port, proxy=None
        ) as client:
            assert await box.caddy.apply([box.route("chat"), box.route("new")])
            await client.send("still here")
            assert await client.recv() == "STILL HERE"


async def test_event_stream_arrives_event_by_event(make_box: MakeBox, make_app: MakeApp) -> None:
    """An event is with the browser before the app says the next one."""
    box = make_box()
    app = await make_app()
    await box.point("live", app.address)
    await box.caddy.start([box.route("live")])
    async with box.client.stream("GET", "/events", headers=box.at("live")) as answer:
        lines = answer.aiter_lines()
        for text in ("one", "two"):
            await app.more.put(text)
            assert await anext(lines) == f"data: {text}"
            assert await anext(lines) == ""
        await app.more.put("")
        assert [line async for line in lines] == []


async def test_upload_of_60_mb_passes_without_being_collected(
    make_box: MakeBox, make_app: MakeApp
) -> None:
    """Large uploads reach the app while they are still being sent, whole."""
    box = make_box()
    app = await make_app()
    await box.point("files", app.address)
    await box.caddy.start([box.route("files")])
    block = os.urandom(1_000_000)
    digest = hashlib.sha256(block * (UPLOAD_BYTES // len(block))).hexdigest()

    async def pieces() -> AsyncIterator[bytes]:
        yield block
        await app.first_bytes.wait()  # else the proxy keeps the body back
        for _ in range(UPLOAD_BYTES // len(block) - 1):
            yield block

    answer = await box.client.post("/upload", headers=box.at("files"), content=pieces())
    assert answer.json() == {"sha256": digest, "size": UPLOAD_BYTES}
    memory = Path(f"/proc/{box.caddy.pid}/status").read_text()
    peak_kb = int(memory.partition("VmHWM:")[2].split()[0])
    assert peak_kb < 120_000


async def test_forged_client_addresses_do_not_reach_the_app(
    make_box: MakeBox, make_app: MakeApp
) -> None:
    """An app that trusts its proxy is told who really connected."""
    box = make_box()
    app = await make_app()
    await box.point("shop", app.address)
    await box.caddy.start([box.route("shop")])
    forged = {
        "X-Forwarded-For": "6.6.6.6",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "bank.example",
        "X-Forwarded-Port": "666",
        "X_Forwarded_For": "6.6.6.6",
        "X-Real-IP": "6.6.6.6",
        "Forwarded": "for=6.6.6.6",
    }
    seen = (await box.client.get("/echo", headers=box.at("shop") | forged)).json()
    assert "6" not in "".join(value for name, value in seen.items() if "forwarded" in name)
    assert seen["x-forwarded-for"] == seen["x-real-ip"] == "127.0.0.1"
    assert seen["x-forwarded-proto"] == "http"
    assert seen["x-forwarded-host"].startswith("shop.localhost")
    assert seen["host"] == "shop.localhost"


async def test_oversized_headers_are_refused_before_the_app(
    make_box: MakeBox, make_app: MakeApp
) -> None:
    """A flood of headers costs Caddy a little and the app nothing."""
    box = make_box()
    app = await make_app()
    await box.point("shop", app.address)
    await box.caddy.start([box.route("shop")])
    # Little more than allowed, so that all of it is sent before the refusal is read.
    large = box.at("shop") | {"X-Large": "x" * 72_000}
    async with box.client.stream("GET", "/", headers=large) as answer:
        assert answer.status_code == 431
    assert not app.arrived.is_set()


async def test_slow_headers_are_cut_off(make_box: MakeBox) -> None:
    """Who opens connections and says nothing does not keep them."""
    box = make_box(header_timeout_s=1)
    await box.caddy.start([])
    reader, writer = await asyncio.open_connection("127.0.0.1", box.settings.http_port)
    writer.write(b"GET / HTTP/1.1\r\nHost: loc")
    async with asyncio.timeout(10):
        assert await reader.read() in (b"", b"HTTP/1.1 408 Request Timeout\r\n\r\n")
    writer.close()


async def test_internal_tls_serves_http2_and_redirects_http(
    make_box: MakeBox, make_app: MakeApp
) -> None:
    """With our own authority: HTTPS with HTTP/2 at once, and plain HTTP leads there."""
    box = make_box(tls=TlsPolicy(TlsMode.INTERNAL), http3=False)
    app = await make_app()
    await box.point("shop", app.address)
    await box.point("blog", app.address)
    await box.caddy.start([box.route("shop"), box.route("blog")])
    root = await box.caddy.admin.root_certificate()
    trust = ssl.create_default_context(cadata=root)
    base = f"https://127.0.0.1:{box.settings.https_port}"
    async with httpx.AsyncClient(base_url=base, http2=True, verify=trust) as client:
        request = client.build_request(
            "GET", "/echo", headers=box.at("shop"), extensions={"sni_hostname": "shop.localhost"}
        )
        answer = await when_certified(client, request)
        # A browser takes this connection for every name of the wildcard certificate.
        neighbour = await client.get("/", headers=box.at("blog"))
        made_up = await client.get("/", headers={"Host": "made-up.example"})
    assert answer.http_version == "HTTP/2"
    assert answer.json()["x-forwarded-proto"] == "https"
    assert neighbour.status_code == 200
    assert made_up.status_code == 404
    assert "server" not in made_up.headers
    metrics = await box.caddy.admin.metrics()
    assert 'host="shop.localhost"' in metrics
    assert "made-up" not in metrics  # or anybody could fill the memory
    redirect = await box.client.post("/cart?item=1", headers=box.at("shop"))
    assert redirect.status_code == 308
    port = box.settings.https_port
    assert redirect.headers["Location"] == f"https://shop.localhost:{port}/cart?item=1"
    unknown = await box.client.get("/", headers={"Host": "other.example"})
    assert unknown.status_code == 404


async def when_certified(client: httpx.AsyncClient, request: httpx.Request) -> httpx.Response:
    """The answer to `request`, as soon as Caddy has made the certificate: some milliseconds."""
    async with asyncio.timeout(10):
        while True:
            try:
                return await client.send(request)
            except httpx.ConnectError:
                await asyncio.sleep(0.02)


async def test_reload_keeps_metrics_by_host(make_box: MakeBox, make_app: MakeApp) -> None:
    """Requests are counted by hostname, and names that nobody has can't fill the memory."""
    box = make_box()
    app = await make_app()
    await box.point("shop", app.address)
    await box.caddy.start([box.route("shop")])
    await box.client.get("/", headers=box.at("shop"))
    await box.client.get("/", headers={"Host": "made-up.example"})
    metrics = await box.caddy.admin.metrics()
    assert 'host="shop.localhost"' in metrics
    assert "made-up" not in metrics
