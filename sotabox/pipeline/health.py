"""The health check: probes a candidate until there is a verdict.

An app is healthy when it answers HTTP on its port with anything below 500: a 404 or a redirect to
a login is an answer, a crash page is not.
"""

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final

import httpx

from sotabox.pipeline.failure import DeploymentFailed

_SHORTEST_PAUSE_S: Final = 0.002
_LONGEST_PAUSE_S: Final = 0.5
#: Of the time waited so far: what probing adds to a start is never more than this share of it.
_PAUSE_SHARE: Final = 0.04
_PROBE_TIMEOUT_S: Final = 10
_LEAST_PROBE_S: Final = 1  # less would blame an app for our own deadline
_HINT_AFTER_S: Final = 5
_UNHEALTHY_FROM: Final = 500
_ENGINE_DNS: Final = "127.0.0.11"  # Docker's name server listens there in every container
_DEAF: Final = "nothing listens on its port"


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What is asked, and where."""

    address: str  # IPv4 of the container
    port: int
    path: str
    host: str  # as visitors write it: frameworks refuse names that they don't know
    timeout_s: float


class HealthCheck:
    """Asks candidates; one connection pool for all, as making one costs tens of milliseconds."""

    def __init__(self) -> None:
        self._client = httpx.AsyncClient(
            verify=False,  # noqa: S501 - plain HTTP on the box's own bridge
            timeout=_PROBE_TIMEOUT_S,
            trust_env=False,
            limits=httpx.Limits(max_keepalive_connections=0),
        )

    async def close(self) -> None:
        """Closes the connections."""
        await self._client.aclose()

    async def wait_until_healthy(
        self,
        probe: Probe,
        *,
        sockets: Callable[[], Awaitable[list[tuple[str, int]]]],
        note: Callable[[str], None],
    ) -> None:
        """Returns when the app answers.

        Args:
            probe: what to ask.
            sockets: the addresses on which the container listens right now.
            note: is told what the app answered, and once, early, when it seems to listen on a wrong
                address.

        Raises:
            DeploymentFailed: it did not answer in time; says what was seen last.
        """
        started = time.monotonic()
        seen = _DEAF
        hinted = False
        while (waited_s := time.monotonic() - started) < probe.timeout_s:
            left_s = max(probe.timeout_s - waited_s, _LEAST_PROBE_S)
            timeout_s = min(left_s, _PROBE_TIMEOUT_S)
            heard = await _listens(probe, timeout_s)
            answer = await self._ask(probe, timeout_s) if heard else _DEAF
            if isinstance(answer, int):
                note(f"GET {probe.path} → {answer}")
                return
            seen = answer
            if not hinted and waited_s > _HINT_AFTER_S:
                hinted = True
                if wrong := explain_sockets(await sockets(), probe.port):
                    note(f"Still waiting: {wrong[0]}. {wrong[1]}")
            pause_s = min(max(waited_s * _PAUSE_SHARE, _SHORTEST_PAUSE_S), _LONGEST_PAUSE_S)
            await asyncio.sleep(pause_s)
        wrong = explain_sockets(await sockets(), probe.port)
        reason, hint = wrong or (seen, _hint_for(probe, seen))
        raise DeploymentFailed(f"Not healthy after {probe.timeout_s:g} s: {reason}", hint=hint)

    async def _ask(self, probe: Probe, timeout_s: float) -> int | str:
        """The status that a healthy app answers with, or what is wrong, in words.

        Its body, however long, stays unread.
        """
        try:
            async with (
                asyncio.timeout(timeout_s),
                self._client.stream(
                    "GET",
                    f"http://{probe.address}:{probe.port}{probe.path}",
                    headers={"Host": probe.host, "User-Agent": "sotabox-health-check"},
                ) as response,
            ):
                status = response.status_code
        except (httpx.ConnectError, httpx.ConnectTimeout):
            return _DEAF
        except (httpx.TimeoutException, TimeoutError):
            return f"GET {probe.path} had no answer within {timeout_s:.2g} s"
        except httpx.HTTPError as error:
            return f"GET {probe.path} got no HTTP answer ({type(error).__name__})"
        if status >= _UNHEALTHY_FROM:
            return f"GET {probe.path} answers {status}"
        return status


async def _listens(probe: Probe, timeout_s: float) -> bool:
    """Whether anything accepts connections: a tenth of a millisecond, where a request takes ten."""
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as asking:
        asking.setblocking(False)
        try:
            async with asyncio.timeout(timeout_s):
                await loop.sock_connect(asking, (probe.address, probe.port))
        except (OSError, TimeoutError):
            return False
    return True


def explain_sockets(listening: list[tuple[str, int]], port: int) -> tuple[str, str] | None:
    """Reason and hint when an app listens where it can't be reached; None when that isn't it.

    >>> explain_sockets([("127.0.0.1", 5000)], 8080)[0]
    'the app listens on 127.0.0.1:5000, so nothing outside its container can reach it'
    """
    outside = sorted({p for ip, p in listening if not ip_address(ip).is_loopback})
    inside = sorted(
        (p, ip) for ip, p in listening if ip_address(ip).is_loopback and ip != _ENGINE_DNS
    )
    if port in outside:
        return None
    advice = f"Make it listen on 0.0.0.0 and the port in $PORT ({port})."
    if outside:
        ports = " and ".join(str(p) for p in outside)
        return f"the app listens on port {ports} instead of {port}", (
            f"{advice} In a Dockerfile, EXPOSE {outside[0]} says the port as well."
        )
    if inside:
        number, ip = inside[0]
        shown = f"[{ip}]" if ":" in ip else ip
        return (
            f"the app listens on {shown}:{number}, so nothing outside its container can reach it",
            advice,
        )
    return None


def _hint_for(probe: Probe, seen: str) -> str:
    if "answers 5" in seen:
        return "The app's own log above should say why it answers with an error."
    return f"Make it listen on 0.0.0.0 and the port in $PORT ({probe.port})."
