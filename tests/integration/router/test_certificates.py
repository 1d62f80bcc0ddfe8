"""Certificates that Caddy fetches in a handshake, from its own authority; our answer is the test's."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from sotabox.router.certificates import Certificates
from sotabox.router.terms import CustomHost, Route, TlsPolicy
from sotabox.settings import TlsMode
from tests.integration.router.box import Box, MakeApp, MakeBox


@dataclass
class Asked:
    """A control plane that answers one question only."""

    port: int = 0
    names: list[str] = field(default_factory=list)
    known: set[str] = field(default_factory=set)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        name = (await reader.readuntil(b"\r\n\r\n")).split()[1].decode().rpartition("=")[2]
        self.names.append(name)
        status = "200 OK" if name in self.known else "403 Forbidden"
        writer.write(
            f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()
        )
        await writer.drain()
        writer.close()
        await writer.wait_closed()


@pytest.fixture
async def asked() -> AsyncIterator[Asked]:
    asked = Asked()
    server = await asyncio.start_server(asked.serve, "127.0.0.1", 0)
    asked.port = server.sockets[0].getsockname()[1]
    yield asked
    server.close()
    await server.wait_closed()


@pytest.fixture
def box(make_box: MakeBox, asked: Asked) -> Box:
    return make_box(
        tls=TlsPolicy(TlsMode.INTERNAL), http3=False, control_plane=f"127.0.0.1:{asked.port}"
    )


def with_domains(box: Box, *domains: CustomHost) -> list[Route]:
    route = box.route("shop")
    return [Route(route.hosts, route.project_id, route.upstream_file, domains)]


async def handshake(box: Box, name: str, tmp_path: Path) -> str | None:
    """The protocol that a browser would speak with `name`, whose certificate it trusts."""
    root = tmp_path / "root.pem"
    root.write_text(await box.caddy.admin.root_certificate())
    trusting = ssl.create_default_context(cafile=str(root))
    trusting.set_alpn_protocols(["h2", "http/1.1"])
    _, writer = await asyncio.open_connection(
        "127.0.0.1", box.settings.https_port, ssl=trusting, server_hostname=name
    )
    tls: ssl.SSLObject = writer.get_extra_info("ssl_object")
    protocol = tls.selected_alpn_protocol()
    writer.transport.abort()
    return protocol


async def test_domain_gets_a_certificate_in_its_first_handshake(
    box: Box, asked: Asked, tmp_path: Path
) -> None:
    """We are asked once, then the name is served over HTTP/2 like the box's own."""
    asked.known.add("example.org")
    await box.caddy.start(with_domains(box, CustomHost("example.org")))
    certificates = Certificates(box.settings)
    assert not certificates.exists("example.org")
    assert await certificates.obtain("example.org") is None
    assert certificates.exists("example.org")
    assert await handshake(box, "example.org", tmp_path) == "h2"
    assert asked.names == ["example.org"]


async def test_domain_that_we_refuse_has_no_certificate(box: Box) -> None:
    """A name that is served but may not have one says so; Caddy's words are passed on."""
    await box.caddy.start(with_domains(box, CustomHost("example.org")))
    certificates = Certificates(box.settings)
    words = await certificates.obtain("example.org")
    assert words
    assert words.startswith("DNS is right, but there is no certificate of example.org yet: ")
    assert not certificates.exists("example.org")


async def test_name_that_is_not_served_does_not_get_as_far_as_asking(
    box: Box, asked: Asked
) -> None:
    """A flood of invented names costs no question."""
    await box.caddy.start(with_domains(box, CustomHost("example.org")))
    assert await Certificates(box.settings).obtain("stranger.example.org")
    assert asked.names == []


async def test_domain_that_is_removed_is_refused_with_its_certificate_in_memory(
    box: Box, asked: Asked
) -> None:
    """What Caddy fetched on demand outlives the route; the handshake is refused all the same."""
    asked.known.add("example.org")
    certificates = Certificates(box.settings)
    await box.caddy.start(with_domains(box, CustomHost("example.org")))
    assert await certificates.obtain("example.org") is None
    await box.caddy.apply(with_domains(box))
    assert await certificates.obtain("example.org")


async def test_certified_domain_is_managed_without_asking(
    box: Box, asked: Asked, tmp_path: Path
) -> None:
    """From then on Caddy needs no answer of ours."""
    asked.known.add("example.org")
    await box.caddy.start(with_domains(box, CustomHost("example.org")))
    assert await Certificates(box.settings).obtain("example.org") is None
    asked.known.clear()
    await box.caddy.apply(with_domains(box, CustomHost("example.org", certified=True)))
    assert await handshake(box, "example.org", tmp_path) == "h2"
    assert asked.names == ["example.org"]


async def test_redirect_keeps_path_and_query(make_box: MakeBox, make_app: MakeApp) -> None:
    """`www` leads to the apex, wherever on the site."""
    box = make_box()
    app = await make_app("shop")
    await box.point("shop", app.address)
    domains = (CustomHost("example.org"), CustomHost("www.example.org", "example.org"))
    await box.caddy.start(with_domains(box, *domains))
    moved = await box.client.get("/a/b?c=d", headers={"Host": "www.example.org"})
    port = box.settings.http_port
    assert moved.status_code == 308
    assert moved.headers["location"] == f"http://example.org:{port}/a/b?c=d"
    assert (await box.client.get("/", headers={"Host": "example.org"})).status_code == 200
