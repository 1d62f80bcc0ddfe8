"""The one door to the Docker engine: SDK calls in threads, streams on the event loop."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Final

import docker
import docker.errors
import requests.exceptions

from sotabox.engine import stream
from sotabox.engine.cgroups import EngineGroups, groups_of_engine
from sotabox.engine.faults import (
    EngineError,
    EngineNotFound,
    fault_of,
    unavailable,
)
from sotabox.errors import EngineUnavailable, Invalid

__all__ = ["Engine", "EngineError", "EngineNotFound"]

_THREADS: Final = 4
_SCHEME: Final = "unix://"
_PING_TIMEOUT_S: Final = 5.0
_LOST: Final = (OSError, docker.errors.DockerException)  # those of requests are OSErrors


class Engine:
    """A Docker engine, shared with whoever else uses it.

    Making one touches nothing: the engine may be away at our start and come later. The API's
    version is agreed upon at the first call, and again after each loss, as an upgrade of the
    engine may be what the loss was.
    """

    def __init__(self, docker_host: str, instance_id: str) -> None:
        """An engine by its address.

        Args:
            docker_host: `unix:///path`.
            instance_id: marks what is ours; several boxes may share one engine.

        Raises:
            Invalid: the address is not a unix socket's.
        """
        if not docker_host.startswith(_SCHEME):
            raise Invalid(
                f"The Docker host {docker_host!r} is not a unix socket",
                hint="Give an address like unix:///var/run/docker.sock: the box reaches its apps "
                "by their addresses, so the engine must run on the same machine.",
            )
        self.instance_id = instance_id
        self.socket_path = docker_host.removeprefix(_SCHEME)
        self._docker_host = docker_host
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="engine")
        self._local = threading.local()
        self._generation = 0  # rises with each loss; clients of an older one are thrown away
        self._clients = set[docker.APIClient]()
        #: Since when whoever watches it knows that it is away; None: it is there, or nobody watches.
        self.away_since: datetime | None = None
        self._version: str | None = None
        self._engine_version: str | None = None
        self._groups: EngineGroups | None = None

    async def call(self, method: str, *args: Any, timeout_s: float = 30, **kwargs: Any) -> Any:
        """The result of `method` of the SDK's low-level client.

        Raises:
            EngineUnavailable: no connection, or no answer within `timeout_s`.
            EngineNotFound: the thing named does not exist.
            DiskFull: the engine has no space left.
            EngineError: any other refusal.
        """
        work = asyncio.get_running_loop().run_in_executor(
            self._threads, self._call, method, args, timeout_s, kwargs
        )
        try:
            # The client's own time-out counts silence; this one also ends an answer that drips,
            # and the wait for a thread while a wedged engine holds all of them.
            return await asyncio.wait_for(work, timeout_s + 1)
        except TimeoutError as error:
            raise unavailable(self.socket_path, f"no answer in {timeout_s:g} s") from error

    @asynccontextmanager
    async def request(
        self,
        method: str,
        path: str,
        params: Mapping[str, str] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        body: stream.Body = b"",
        head_timeout_s: float | None = 30,
    ) -> AsyncIterator[stream.Answer]:
        """A request whose answer is read as it comes; see `stream.request`."""
        async with stream.request(
            self.socket_path,
            method,
            f"/v{await self.api_version()}{path}",
            params,
            headers=headers,
            body=body,
            head_timeout_s=head_timeout_s,
        ) as answer:
            yield answer

    async def api_version(self) -> str:
        """The version of the API that the engine and the SDK both speak."""
        if self._version is None:
            await self.call("ping")
        if self._version is None:  # lost again in the same moment
            raise unavailable(self.socket_path, "the connection broke")
        return self._version

    async def ping(self) -> bool:
        """Whether the engine answers within a few seconds; needs no free thread."""
        try:
            async with (
                asyncio.timeout(_PING_TIMEOUT_S),
                stream.request(self.socket_path, "GET", "/_ping", head_timeout_s=None) as answer,
            ):
                await answer.read()
        except (EngineUnavailable, EngineError, TimeoutError):
            return False
        return True

    async def info(self) -> dict[str, Any]:
        """What the engine tells about itself and its machine."""
        info: dict[str, Any] = await self.call("info")
        return info

    async def version(self) -> str:
        """The engine's version; asked for once a connection, as it can't change within one."""
        if self._engine_version is None:
            self._engine_version = str((await self.call("version")).get("Version", ""))
        return self._engine_version

    async def groups(self) -> EngineGroups:
        """Where the engine makes its control groups."""
        if self._groups is None:
            driver = str((await self.info()).get("CgroupDriver"))
            self._groups = await asyncio.to_thread(groups_of_engine, driver, self.socket_path)
        return self._groups

    async def close(self) -> None:
        """Let go of the threads; calls under way are left to their time-outs."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        for client in self._clients:
            client.close()
        self._clients.clear()

    def _call(
        self, method: str, args: tuple[Any, ...], timeout_s: float, kwargs: dict[str, Any]
    ) -> Any:
        try:
            self._knock()
            client = self._client()
            client.timeout = timeout_s  # type: ignore[assignment]  # requests takes fractions
            return getattr(client, method)(*args, **kwargs)
        except docker.errors.APIError as error:
            raise fault_of(error.status_code or 0, str(error.explanation or error)) from error
        except _LOST as error:
            self._generation += 1
            self._version = self._engine_version = self._groups = None
            raise unavailable(self.socket_path, _reason(error)) from error

    def _knock(self) -> None:
        """Find out whether anybody listens, for 0.05 ms: the SDK would leave its socket open."""
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(5)
            probe.connect(self.socket_path)

    def _client(self) -> docker.APIClient:
        """This thread's own client: its time-out is an attribute, not an argument."""
        if getattr(self._local, "generation", None) != self._generation:
            if (old := getattr(self._local, "client", None)) is not None:
                self._clients.discard(old)
                old.close()
            self._local.generation = self._generation
            self._local.client = None
        if self._local.client is None:
            self._local.client = docker.APIClient(
                base_url=self._docker_host, version="auto", timeout=10
            )
            self._clients.add(self._local.client)
            self._version = self._local.client.api_version
        client: docker.APIClient = self._local.client
        return client


def _reason(error: Exception) -> str:
    """The system's own words, or the SDK's where it stands between."""
    if isinstance(error, requests.exceptions.Timeout | TimeoutError):
        return "no answer in time"
    if isinstance(error, OSError) and not isinstance(error, requests.exceptions.RequestException):
        return stream.reason_of(error)
    if isinstance(error, docker.errors.InvalidVersion):  # far too old an engine
        return str(error).rstrip(".")
    return "the connection broke"
