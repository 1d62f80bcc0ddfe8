"""One request to a webhook: to an address that was judged, in bounded time, with a bounded answer."""

import asyncio
import logging
import ssl
import time
from collections.abc import Callable, Mapping
from ipaddress import IPv6Address
from typing import Final
from urllib.parse import urlsplit

import httpx

from sotabox.model.webhook import Attempt
from sotabox.webhooks.addresses import Address
from sotabox.webhooks.resolver import Refused, Resolver, Unresolved

TIMEOUT_S: Final = 10.0  # for all of it
_CONNECT_S: Final = 4.0  # to one address: a second one has its turn
BODY_MAX_BYTES: Final = 4096  # of the answer, for the delivery log
_ERROR_MAX: Final = 300

_logger = logging.getLogger(__name__)


class Sender:
    """Posts to webhooks.

    The address is dialled as it was judged, while the name stays in `Host` and in the TLS handshake:
    a name that resolves to something else a moment later (DNS rebinding) gains nothing. No proxy is
    used, as it would resolve by itself; no redirect is followed.
    """

    def __init__(self, resolver: Resolver, trust: Callable[[], ssl.SSLContext]) -> None:
        """A sender that has nothing open yet: most boxes have no webhooks.

        Args:
            resolver: knows what may be dialled.
            trust: whose certificates are accepted; reading them all takes a while and some memory.
        """
        self._resolver = resolver
        self._trust = trust
        self._client: httpx.AsyncClient | None = None

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Attempt:
        """How it went; whatever the other side does, there is an answer after ten seconds."""
        began = time.monotonic()
        status: int | None = None
        text = error = None
        try:
            async with asyncio.timeout(TIMEOUT_S):
                status, text = await self._post(url, body, headers)
        except httpx.ConnectTimeout:
            error = f"no connection within {_CONNECT_S:g} s"
        except (TimeoutError, httpx.TimeoutException):
            error = f"no answer within {TIMEOUT_S:g} s"
        except (Refused, Unresolved) as problem:
            error = str(problem)
        except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError, OSError) as problem:
            error = f"{type(problem).__name__}: {problem}"
        if status is not None and 300 <= status < 400:
            error = "redirects are not followed: give the webhook its final address"
        return Attempt(
            response_status=status,
            response_body=text,
            error=error[:_ERROR_MAX] if error else None,
            duration_ms=round((time.monotonic() - began) * 1000),
        )

    async def close(self) -> None:
        """Ends what is under way."""
        if self._client is not None:
            await self._client.aclose()

    def _open(self) -> httpx.AsyncClient:
        if self._client is None:
            self._client = httpx.AsyncClient(
                verify=self._trust(),
                trust_env=False,
                follow_redirects=False,
                timeout=httpx.Timeout(TIMEOUT_S, connect=_CONNECT_S),
                limits=httpx.Limits(max_keepalive_connections=0),
            )
        return self._client

    async def _post(self, url: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, str]:
        target = httpx.URL(url)
        port = target.port or (443 if target.scheme == "https" else 80)
        addresses = await self._resolver.addresses(target.host, port)
        for address in addresses[:-1]:
            try:
                return await self._exchange(target, address, body, headers)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                _logger.debug("%s at %s: %s", target.host, address, error)
        return await self._exchange(target, addresses[-1], body, headers)

    async def _exchange(
        self, target: httpx.URL, address: Address, body: bytes, headers: Mapping[str, str]
    ) -> tuple[int, str]:
        host = f"[{address}]" if isinstance(address, IPv6Address) else str(address)
        client = self._open()
        request = client.build_request(
            "POST",
            target.copy_with(host=host),
            content=body,
            headers={**headers, "Host": target.netloc.decode("ascii")},
            extensions={"sni_hostname": target.host.rstrip(".")},
        )
        answer = await client.send(request, stream=True)
        try:
            return answer.status_code, await _start_of(answer)
        finally:
            await answer.aclose()


def host_of(url: str) -> tuple[str, int]:
    """Host and port that a checked URL leads to."""
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


async def _start_of(answer: httpx.Response) -> str:
    """As much of an answer's body as is kept, as text."""
    start = bytearray()
    async for piece in answer.aiter_raw():
        start += piece
        if len(start) >= BODY_MAX_BYTES:
            break
    return bytes(start[:BODY_MAX_BYTES]).decode(errors="replace").replace("\0", "�")
