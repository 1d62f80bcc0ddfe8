"""Caddy's admin endpoint, on a Unix socket that only our user can open."""

import json
import socket
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import httpx

from sotabox.errors import RouterRefused, RouterUnavailable

Json = dict[str, Any]

_READ_TIMEOUT_S: Final = 10.0
#: Loading 5,000 hosts takes 0.3 s; a busy disk or many new listeners may take longer.
_LOAD_TIMEOUT_S: Final = 60.0
_UCRED: Final = struct.Struct("3i")  # pid, uid, gid: struct ucred, unix(7)


class Admin:
    """A client for one Caddy; every call has a time-out and may raise `RouterUnavailable`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        # A load replaces the admin server as well: a kept connection might be closed under us.
        self._client = httpx.AsyncClient(
            transport=httpx.AsyncHTTPTransport(
                uds=str(path),
                verify=False,  # there is no TLS on a socket; loading authorities costs 4 MB
                limits=httpx.Limits(max_keepalive_connections=0),
            ),
            base_url="http://localhost",
            timeout=_READ_TIMEOUT_S,
        )

    async def load(self, document: bytes) -> None:
        """Put a whole document in force; the same one again changes nothing.

        Raises:
            RouterRefused: Caddy's own words; what was in force stays so.
        """
        answer = await self._request(
            "POST",
            "/load",
            content=document,
            headers={"Content-Type": "application/json"},
            timeout=_LOAD_TIMEOUT_S,
        )
        if answer.is_error:
            raise RouterRefused(
                f"Caddy refused its configuration: {_reason(answer)}",
                hint="What it served before goes on. This is a fault of sotabox: please report it.",
            )

    async def config(self) -> Json | None:
        """The document in force; None before the first one."""
        answer = await self._request("GET", "/config/")
        answer = self._checked(answer)
        document: Json | None = answer.json()
        return document

    async def in_flight(self, address: str) -> int:
        """How many requests Caddy has open to `address` (`IP:PORT`), WebSockets among them.

        Caddy lists an address while it has requests, whichever document they began under. A
        restart of Caddy forgets them, and has ended them as well.
        """
        answer = self._checked(await self._request("GET", "/reverse_proxy/upstreams"))
        return sum(row["num_requests"] for row in answer.json() if row["address"] == address)

    async def metrics(self, names: Sequence[str] = ()) -> str:
        """Requests, durations and sizes by host, in Prometheus' text format: all, or those named."""
        query = {"name[]": list(names)}
        return self._checked(await self._request("GET", "/metrics", params=query)).text

    async def root_certificate(self) -> str:
        """The certificate of Caddy's own authority, as PEM, for who wants to trust it."""
        answer = self._checked(await self._request("GET", "/pki/ca/local"))
        certificate: str = answer.json()["root_certificate"]
        return certificate

    async def stop(self) -> None:
        """Ask Caddy to end: it takes no new requests, and gives open ones its grace period."""
        self._checked(await self._request("POST", "/stop"))

    def pid(self) -> int | None:
        """The process that listens on the socket; None when none does."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            probe.settimeout(1.0)
            try:
                probe.connect(str(self._path))
            except OSError:
                return None
            raw = probe.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size)
        pid: int = _UCRED.unpack(raw)[0]
        return pid

    async def close(self) -> None:
        await self._client.aclose()

    async def _request(self, method: str, path: str, **options: Any) -> httpx.Response:
        try:
            return await self._client.request(method, path, **options)
        except httpx.TransportError as error:
            raise RouterUnavailable(
                f"Caddy does not answer on {self._path} ({type(error).__name__})",
                hint="sotabox starts it again by itself; its log is beside the socket's folder: "
                f"{self._path.parent.parent / 'caddy.log'}",
            ) from error

    @staticmethod
    def _checked(answer: httpx.Response) -> httpx.Response:
        if answer.is_error:
            raise RouterUnavailable(
                f"Caddy answered {answer.status_code} on {answer.request.url.path}: "
                f"{_reason(answer)}"
            )
        return answer


def _reason(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["error"])
    except (json.JSONDecodeError, KeyError, TypeError):
        return answer.text.strip()[:500]
