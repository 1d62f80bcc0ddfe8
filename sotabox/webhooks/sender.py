"""One request to a webhook: to an address that was judged, in bounded time, with a bounded answer."""

import asyncio
import logging
import ssl
import time
from collections.abc import Mapping
from ipaddress import IPv6Address
from typing import Final
from urllib.parse import urlsplit

import httpx

from sotabox.model.webhook import Attempt
from sotabox.webhooks.addresses import Address
from sotabox.webhooks.resolver import Refused, Resolver, Unresolved

TIMEOUT_S: Final = 10.0
BODY_MAX_BYTES: Final = 4096  # of the answer, for the delivery log
_ERROR_MAX: Final = 300

_logger = logging.getLogger(__name__)


class Sender:
    """Posts to webhooks.

    The address is dialled as it was judged, while the name stays in `Host` and in the TLS handshake:
    a name that resolves to something else a moment later (DNS rebinding) gains nothing. No proxy is
    used, as it would resolve by itself; no redirect is followed.
    """

    def __init__(self, resolver: Resolver, trust: ssl.SSLContext) -> None:
        self._resolver = resolver
        self._client = httpx.AsyncClient(
            verify=trust,
            trust_env=False,
            follow_redirects=False,
            timeout=TIMEOUT_S,
            limits=httpx.Limits(max_keepalive_connections=0),
        )

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Attempt:
        """How it went; whatever the other side does, there is an answer after ten seconds."""
        began = time.monotonic()
        status: int | None = None
        text = error = None
        try:
            async with asyncio.timeout(TIMEOUT_S):
                status, text = await self._post(url, body, headers)
        except TimeoutError:
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
        await self._client.aclose()

    async def _post(self, url: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, str]:
        target = httpx.URL(url)
        port = target.port or (443 if target.scheme == "https" else 80)
        addresses = await self._resolver.addresses(target.host, port)
        for address in addresses[:-1]:
            try:
                return await self._exchange(target, address, body, headers)
            except httpx.ConnectError as error:
                _logger.debug("%s at %s: %s", target.host, address, error)
        return await self._exchange(target, addresses[-1], body, headers)

    async def _exchange(
        self, target: httpx.URL, address: Address, body: bytes, headers: Mapping[str, str]
    ) -> tuple[int, str]:
        host = f"[{address}]" if isinstance(address, IPv6Address) else str(address)
        request = self._client.build_request(
            "POST",
            target.copy_with(host=host),
            content=body,
            headers={**headers, "Host": target.netloc.decode("ascii")},
            extensions={"sni_hostname": target.host.rstrip(".")},
        )
        answer = await self._client.send(request, stream=True)
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
