"""Containers: made from a request, found by label."""

import asyncio
import json
import resource
import secrets
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, suppress
from typing import Final

from sotabox.engine import labels
from sotabox.engine.client import Engine, EngineError, EngineNotFound
from sotabox.engine.container import Container, Place, read_container, read_places
from sotabox.engine.faults import unavailable
from sotabox.engine.frames import FrameReader, LogLine, nanoseconds
from sotabox.engine.spec import OPEN_FILES, ContainerRequest, container_body, container_name
from sotabox.model.project import Limits

_START_TIMEOUT_S: Final = 60
_STOP_MARGIN_S: Final = 30  # of the engine, after the grace is over and it kills
_UPDATE_ATTEMPTS: Final = 50
_UPDATE_PAUSE_S: Final = 0.02


class Containers:
    """This box's containers. What ends one is fine with its being gone already."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def create(self, request: ContainerRequest) -> str:
        """The id of a new container, which does not run yet."""
        name = container_name(request, secrets.token_hex(3))
        answer = await self._engine.call(
            "create_container_from_config", container_body(request, _open_files()), name
        )
        return str(answer["Id"])

    async def start(self, id_: str) -> None:
        """Run it. After an error the container is still there: the caller removes it."""
        await self._engine.call("start", id_, timeout_s=_START_TIMEOUT_S)

    async def inspect(self, id_: str) -> Container:
        """The container as it is now.

        Raises:
            EngineNotFound: there is none.
        """
        return read_container(await self._engine.call("inspect_container", id_))

    async def list_ours(self, project_id: str | None = None) -> list[Container]:
        """This box's containers, running or not, of one project or of all."""
        wanted = labels.filter_of(self._engine.instance_id, project_id=project_id)
        rows = await self._engine.call("containers", all=True, filters={"label": wanted})
        found = await asyncio.gather(
            *(
                self._inspect_if_there(row["Id"])
                for row in rows
                if labels.is_our_container(row["Labels"] or {}, self._engine.instance_id)
            )
        )
        return [container for container in found if container is not None]

    async def places(self, project_id: str) -> list[Place]:
        """Which addresses of a project's network are taken; one call, as each deploy waits for it."""
        wanted = labels.filter_of(self._engine.instance_id, project_id=project_id)
        rows = await self._engine.call("containers", all=True, filters={"label": wanted})
        return read_places(rows)

    async def keep(self, id_: str) -> None:
        """Let the engine start it again by itself from now on: after a crash, after a reboot."""
        await self._set_restart_policy(id_, "unless-stopped")

    async def condemn(self, id_: str) -> None:
        """Keep the engine from ever starting it again, before it is stopped."""
        await self._set_restart_policy(id_, "no")

    async def grant(self, id_: str, limits: Limits) -> None:
        """Let a running container use what `limits` say from now on; one that is gone is fine.

        Memory is only added: a process that has more than it may is killed at once.
        """
        try:
            answer = await self._engine.call("inspect_container", id_)
            memory_bytes = max(limits.memory_mb * 1024 * 1024, answer["HostConfig"]["Memory"])
            change = {
                "Memory": memory_bytes,
                "MemorySwap": memory_bytes,
                "NanoCpus": int(limits.cpus * 1_000_000_000),
                "PidsLimit": limits.pids,
            }
            async with self._engine.request(
                "POST",
                f"/containers/{id_}/update",
                headers={"Content-Type": "application/json"},
                body=json.dumps(change).encode(),
            ) as update:
                await update.read()
        except EngineNotFound:
            return

    async def stop(self, id_: str, grace_s: int) -> None:
        """Ask it to end, and kill it after `grace_s`: so long none of the engine's threads waits."""
        with suppress(EngineNotFound):
            async with self._engine.request(
                "POST",
                f"/containers/{id_}/stop",
                {"t": str(grace_s)},
                head_timeout_s=grace_s + _STOP_MARGIN_S,
            ) as answer:
                await answer.read()

    async def remove(self, id_: str) -> None:
        """Make it vanish with its anonymous volumes, running or not."""
        try:
            await self._engine.call("remove_container", id_, v=True, force=True, timeout_s=60)
        except EngineNotFound:
            return
        except EngineError as error:
            if error.status != 409:  # its removal is already under way
                raise

    async def wait_exit(self, id_: str, timeout_s: float) -> int:
        """Its exit code, once it has ended.

        Raises:
            TimeoutError: it still runs after `timeout_s`.
        """
        async with (
            asyncio.timeout(timeout_s),
            self._engine.request("POST", f"/containers/{id_}/wait", head_timeout_s=None) as answer,
        ):
            body = await answer.read()
        if not body.strip():  # how a wait looks when the engine goes away
            raise unavailable(self._engine.socket_path, "it ended while a container was awaited")
        return int(json.loads(body)["StatusCode"])

    async def tail(self, id_: str, lines: int) -> list[str]:
        """The last lines that it printed."""
        async with asyncio.timeout(30):
            return [line.text async for line in self._read(id_, tail=str(lines), follow=False)]

    async def printed(
        self, id_: str, tail: int | None = None, since: str | None = None
    ) -> AsyncIterator[LogLine]:
        """The last lines that it printed, None: all that are kept; only those later than `since`."""
        after = nanoseconds(since) if since is not None else -1
        count = "all" if tail is None else str(tail)
        async with aclosing(self._read(id_, tail=count, follow=False, after=after)) as lines:
            async for line in lines:
                yield line

    async def follow(
        self, id_: str, since: str | None = None, tail: int | None = None
    ) -> AsyncIterator[LogLine]:
        """Its lines as they are printed, until it ends or the engine goes away.

        With `since`, the `at` of the last line that the caller has, only later ones come; `tail`
        is how many old lines come first, None all that are kept.
        """
        after = nanoseconds(since) if since is not None else -1
        count = "all" if tail is None else str(tail)
        async with aclosing(self._read(id_, tail=count, follow=True, after=after)) as lines:
            async for line in lines:
                yield line

    async def _read(
        self, id_: str, *, tail: str, follow: bool, after: int = -1
    ) -> AsyncGenerator[LogLine, None]:
        params = {"stdout": "1", "stderr": "1", "timestamps": "1", "tail": tail}
        params["follow"] = "1" if follow else "0"
        if after >= 0:
            params["since"] = f"{after // 1_000_000_000}.{after % 1_000_000_000:09d}"
        frames = FrameReader()
        async with self._engine.request("GET", f"/containers/{id_}/logs", params) as answer:
            async for chunk in answer.chunks():
                for line in frames.feed(chunk):
                    if nanoseconds(line.at) > after:
                        yield line
        for line in frames.finish():
            if nanoseconds(line.at) > after:
                yield line

    async def _set_restart_policy(self, id_: str, name: str) -> None:
        """Change it; the engine refuses in the moment between a process's end and its notice."""
        for attempt in range(1, _UPDATE_ATTEMPTS + 1):
            try:
                await self._engine.call("update_container", id_, restart_policy={"Name": name})
            except EngineNotFound:
                return
            except EngineError as error:
                if error.status != 500 or attempt == _UPDATE_ATTEMPTS:
                    raise
                await asyncio.sleep(_UPDATE_PAUSE_S)
            else:
                return

    async def _inspect_if_there(self, id_: str) -> Container | None:
        try:
            return await self.inspect(id_)
        except EngineNotFound:  # removed since it was listed
            return None


def _open_files() -> int:
    """How many files a container may hold open: no more than this machine, if it is confined.

    Its engine is confined as we are, and can't start a container that asks for more.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
