"""Images: built, pulled, found, and let go of again."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sotabox.engine import labels
from sotabox.engine.build import BuildRequest, run_build
from sotabox.engine.client import Engine, EngineError, EngineNotFound
from sotabox.engine.diagnosis import PullFailed, diagnose_pull
from sotabox.engine.labels import Role
from sotabox.engine.pulls import PullProgress
from sotabox.engine.registry import (
    Credentials,
    auth_header,
    credentials_for,
    official_registry,
    registry_of,
    split_ref,
)
from sotabox.engine.session import Session

_PART_BYTES: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Image:
    """An image on the engine.

    Attributes: exposed_ports: TCP, ascending; user: empty for root; created_at: RFC 3339; digests:
        `name@sha256:…` as registries know it; on_build: instructions for images built on it.
    """

    id: str
    tags: tuple[str, ...]
    labels: Mapping[str, str]
    size_bytes: int
    exposed_ports: tuple[int, ...]
    user: str
    entrypoint: tuple[str, ...]
    command: tuple[str, ...]
    created_at: str
    digests: tuple[str, ...] = ()
    on_build: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DiskUsage:
    """What the engine keeps on disk, of everybody who uses it."""

    images_bytes: int
    containers_bytes: int
    volumes_bytes: int
    build_cache_bytes: int


def read_image(answer: Mapping[str, Any]) -> Image:
    """The image in the engine's answer to `inspect`."""
    config = answer.get("Config") or {}
    exposed = (port.partition("/") for port in config.get("ExposedPorts") or {})
    return Image(
        id=answer["Id"],
        tags=tuple(answer.get("RepoTags") or ()),
        labels=config.get("Labels") or {},
        size_bytes=answer.get("Size", 0),
        exposed_ports=tuple(sorted(int(n) for n, _, kind in exposed if kind in ("", "tcp"))),
        user=config.get("User") or "",
        entrypoint=tuple(config.get("Entrypoint") or ()),
        command=tuple(config.get("Cmd") or ()),
        created_at=answer.get("Created") or "",
        digests=tuple(answer.get("RepoDigests") or ()),
        on_build=tuple(config.get("OnBuild") or ()),
    )


class Images:
    """The engine's images; only those with this box's labels are ever removed in bulk."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def build(
        self,
        context: AsyncIterator[bytes],
        request: BuildRequest,
        *,
        on_line: Callable[[str], None],
        timeout_s: float,
        session: Session | None = None,
    ) -> str:
        """The id of the image built from `context`; see `build.run_build`."""
        return await run_build(
            self._engine, context, request, session=session, on_line=on_line, timeout_s=timeout_s
        )

    async def pull(
        self,
        ref: str,
        auth: Credentials | None = None,
        *,
        on_line: Callable[[str], None],
        timeout_s: float = 900,
    ) -> None:
        """Bring an image onto the engine, or its newest version if it is there.

        Raises:
            PullFailed: its name, the password or the registry is wrong, in words.
            DiskFull, EngineUnavailable: this box's trouble.
        """
        user = auth[0] if auth is not None else None
        try:
            async with asyncio.timeout(timeout_s):
                await self._pull(ref, auth, on_line)
        except TimeoutError as error:
            raise PullFailed(
                f"The image '{ref}' was not pulled within {timeout_s:g} s.",
                hint="Deploy again: what has been loaded is kept.",
            ) from error
        except EngineError as error:
            raise diagnose_pull(error.message, ref, user) from error

    async def credentials_of(
        self, ref: str, known: Mapping[str, Credentials]
    ) -> Credentials | None:
        """Which of the `known` credentials (by registry host) hold for an image."""
        if not known:
            return None
        return credentials_for(
            registry_of(ref), known, official_registry(await self._engine.info())
        )

    async def exists(self, ref: str) -> Image | None:
        """The image of that name or id, if the engine has it."""
        try:
            return read_image(await self._engine.call("inspect_image", ref))
        except EngineNotFound:
            return None

    async def load(self, archive: Path) -> None:
        """Bring an image onto the engine from a file in which another tool left it.

        Raises:
            DiskFull, EngineUnavailable: this box's trouble.
            EngineError: the file is no image.
        """
        async with self._engine.request(
            "POST",
            "/images/load",
            {"quiet": "1"},
            headers={"Content-Type": "application/x-tar"},
            body=_read_file(archive),
            head_timeout_s=None,  # it comes when the file has been read
        ) as answer:
            async for report in answer.json_lines():
                if "error" in report:
                    raise EngineError(str(report["error"]))

    async def tag(self, id_: str, tag: str) -> None:
        """Give an image one more name, taking it from whoever has it."""
        name, label = split_ref(tag)
        await self._engine.call("tag", id_, name, label)

    async def remove(self, id_: str) -> bool:
        """Let go of an image with all its names; False while a container uses it."""
        try:
            await self._engine.call("remove_image", id_, force=True, timeout_s=60)
        except EngineNotFound:
            return True
        except EngineError as error:
            if error.status == 409:
                return False
            raise
        return True

    async def untag(self, name: str) -> bool:
        """Take one name from an image, which goes with its last one; False while a container uses it.

        Nothing is forced: other names of the image, and whoever uses it by them, are not touched.
        """
        try:
            await self._engine.call("remove_image", name, force=False, timeout_s=60)
        except EngineNotFound:
            return True
        except EngineError as error:
            if error.status == 409:
                return False
            raise
        return True

    async def list_ours(self, project_id: str | None = None) -> list[Image]:
        """The images that this box built, for one project or for all, newest first."""
        wanted = self._filter(project_id)
        rows = await self._engine.call("images", filters={"label": wanted})
        found = [await self.exists(id_) for id_ in dict.fromkeys(row["Id"] for row in rows)]
        return sorted(
            (image for image in found if image is not None),
            key=lambda image: image.created_at,
            reverse=True,
        )

    async def list_named(self, repository: str) -> list[Image]:
        """The images of a repository, of whatever box."""
        rows = await self._engine.call("images", name=repository)
        found = [await self.exists(id_) for id_ in dict.fromkeys(row["Id"] for row in rows)]
        return [image for image in found if image is not None]

    async def prune_dangling_ours(self) -> int:
        """Bytes freed by removing images of this box that have no name and no container.

        What the build cache still refers to is freed only with the cache.
        """
        filters = {"dangling": True, "label": self._filter(None)}
        answer = await self._engine.call("prune_images", filters=filters, timeout_s=120)
        return int(answer.get("SpaceReclaimed") or 0)

    async def trim_cache(self, keep_bytes: int) -> int:
        """Bytes freed by dropping the build cache's least used parts down to `keep_bytes`.

        The engine has one cache for all who build on it. It works on a full disk, too.
        """
        answer = await self._engine.call("prune_builds", keep_storage=keep_bytes, timeout_s=120)
        return int(answer.get("SpaceReclaimed") or 0)

    async def disk_usage(self) -> DiskUsage:
        """How the engine's disk is used."""
        answer = await self._engine.call("df", timeout_s=120)
        return DiskUsage(
            images_bytes=int(answer.get("LayersSize") or 0),
            containers_bytes=_total(answer.get("Containers"), "SizeRw"),
            volumes_bytes=sum(
                max(0, int((volume.get("UsageData") or {}).get("Size") or 0))  # -1: unknown
                for volume in answer.get("Volumes") or ()
            ),
            build_cache_bytes=_total(answer.get("BuildCache"), "Size"),
        )

    async def _pull(
        self, ref: str, auth: Credentials | None, on_line: Callable[[str], None]
    ) -> None:
        name, tag = split_ref(ref)
        progress = PullProgress(ref, time.monotonic())
        on_line(progress.start())
        async with self._engine.request(
            "POST",
            "/images/create",
            {"fromImage": name, "tag": tag},
            headers={"X-Registry-Auth": auth_header(auth)} if auth is not None else {},
            head_timeout_s=None,  # it comes when the registry has answered
        ) as answer:
            async for report in answer.json_lines():
                if "error" in report or "errorDetail" in report:
                    detail = report.get("errorDetail") or {}
                    raise EngineError(str(detail.get("message") or report.get("error")))
                if (line := progress.feed(report, time.monotonic())) is not None:
                    on_line(line)
        on_line(progress.end(time.monotonic()))

    def _filter(self, project_id: str | None) -> list[str]:
        return labels.filter_of(self._engine.instance_id, role=Role.IMAGE, project_id=project_id)


async def _read_file(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while part := await asyncio.to_thread(file.read, _PART_BYTES):
            yield part


def _total(rows: list[dict[str, Any]] | None, key: str) -> int:
    return sum(int(row.get(key) or 0) for row in rows or ())
