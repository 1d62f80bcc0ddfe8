"""Clears away what a box does not need any more.

Now and then, at once when the disk runs short, and when a person says so. Each step may be cut off and
repeated.
"""

import asyncio
import logging
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Never

from sotabox.builds.static_server import REPOSITORY
from sotabox.engine.client import Engine, EngineError
from sotabox.engine.images import Images
from sotabox.engine.releases import let_go
from sotabox.errors import SotaboxError
from sotabox.model.releases import superfluous_images
from sotabox.model.times import format_time
from sotabox.settings import Settings
from sotabox.store.store import Store
from sotabox.upkeep.ballast import drop_ballast, keep_ballast
from sotabox.upkeep.superfluous import (
    Findings,
    KeptFile,
    cache_to_keep,
    is_short,
    old_helpers,
    stray_images,
    superfluous_files,
)

_LOOK_EVERY_S: Final = 60.0
_FIRST_AFTER_S: Final = 600.0
#: However short the disk is: tidying takes a while, and what is not there can't be cleared away.
_PAUSE_S: Final = 600.0
#: An archive that could not be built is kept for a day, for whoever looks into it.
_ARCHIVE_OF_ENDED: Final = timedelta(days=1)

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tidy:
    """Finds what is superfluous, and removes it. `helper`: the tag of today's static server."""

    settings: Settings
    store: Store
    engine: Engine
    images: Images
    helper: str
    _roots: list[Path] = field(default_factory=list)  # of the engine, once it has told

    async def run(self) -> Never:
        """Tidies by the clock, and when the disk runs short; the root of its task."""
        due = time.monotonic() + _FIRST_AFTER_S
        not_before = 0.0
        every_s = self.settings.gc_every_h * 3600 or float("inf")
        while True:
            try:
                short = await self._watch_disk()
                if time.monotonic() >= (not_before if short else due):
                    due, not_before = time.monotonic() + every_s, time.monotonic() + _PAUSE_S
                    await self.apply(await self.look())
            except (SotaboxError, EngineError, OSError) as error:
                _logger.warning("the box could not be tidied up: %s", error)
            await asyncio.sleep(_LOOK_EVERY_S)

    async def look(self) -> Findings:
        """What can go at this moment; nothing is changed.

        Raises:
            EngineUnavailable: the engine is away.
        """
        now = datetime.now(UTC)
        deployments, folders = self.store.deployments, self.store.folders
        known = await deployments.ids()
        archives, logs = await asyncio.to_thread(
            lambda: (_files(folders.archives), _files(folders.logs))
        )
        log_age = timedelta(days=self.settings.logs_kept_days)
        return Findings(
            releases=await self._releases(),
            strays=await self._strays(now),
            archives=superfluous_files(
                archives,
                known=known,
                ended=await deployments.ended_without_image(format_time(now - _ARCHIVE_OF_ENDED)),
                now=now,
            ),
            logs=superfluous_files(
                logs,
                known=known,
                ended=await deployments.ended_without_image(format_time(now - log_age)),
                now=now,
            ),
            cache_keep_bytes=await self._cache_to_keep(),
        )

    async def apply(self, findings: Findings) -> int:
        """Removes it; bytes freed of files and build cache. Images are freed besides."""
        if is_short(await self._free_bytes(), self.settings.disk_floor_mb):
            drop_ballast(self.store.folders)
        freed = 0
        folders = self.store.folders
        for project_id, image_ids in findings.releases.items():
            for image_id in image_ids:
                await self._remove_release(project_id, image_id)
        for image_id in findings.strays:
            await self.images.remove(image_id)
        for file in findings.archives:
            folders.archive(file.deployment_id).unlink(missing_ok=True)
        for file in findings.logs:
            (folders.logs / f"{file.deployment_id}.log").unlink(missing_ok=True)
        freed += findings.files_bytes
        freed += await self.images.prune_dangling_ours()
        freed += await self.images.trim_cache(findings.cache_keep_bytes)
        _logger.info("tidied up: %d MB freed", freed // 1_000_000)
        return freed

    async def _remove_release(self, project_id: str, image_id: str) -> None:
        """The same as after a deployment: image, then rows, then archives."""
        rows = await self.store.releases.kept(project_id)
        if image_id not in superfluous_images(rows, self.settings.releases_kept):
            return  # somebody rolled back to it since we looked
        sharing = [row for row in rows if row.image_id == image_id]
        if await let_go(self.images, sharing):
            await self.store.releases.forget(project_id, image_id)
            for row in sharing:
                self.store.folders.archive(row.id).unlink(missing_ok=True)

    async def _releases(self) -> dict[str, tuple[str, ...]]:
        found = {}
        for project in await self.store.projects.all():
            rows = await self.store.releases.kept(project.id)
            if image_ids := superfluous_images(rows, self.settings.releases_kept):
                found[project.id] = tuple(image_ids)
        return found

    async def _strays(self, now: datetime) -> tuple[str, ...]:
        # Rows are read last: what is built meanwhile is known by then, or seen to be under way.
        ours = await self.images.list_ours()
        unfinished = await self.store.deployments.unfinished()
        strays = stray_images(ours, await self.store.releases.image_ids(), unfinished)
        helpers = await self.images.list_named(REPOSITORY)
        return strays + old_helpers(helpers, self.helper, now)

    async def _cache_to_keep(self) -> int:
        free, floor_mb = await self._free_bytes(), self.settings.disk_floor_mb
        cache = 0
        if is_short(free, floor_mb):  # only then, as the engine adds up all its files
            cache = (await self.images.disk_usage()).build_cache_bytes
        return cache_to_keep(self.settings.build_cache_mb, cache, free, floor_mb)

    async def _watch_disk(self) -> bool:
        """Whether the disk runs short; as long as it doesn't, some of it is put by."""
        free = await self._free_bytes()
        if is_short(free, self.settings.disk_floor_mb):
            return True
        await asyncio.to_thread(keep_ballast, self.store.folders, free, self.settings.disk_floor_mb)
        return False

    async def _free_bytes(self) -> int:
        """Free bytes of the fuller one of our disk and the engine's, where we can see that."""
        if not self._roots:
            try:
                root = str((await self.engine.info()).get("DockerRootDir") or "")
            except (SotaboxError, EngineError):
                root = ""
            if root and Path(root).is_dir():
                self._roots.append(Path(root))
        return min(
            shutil.disk_usage(folder).free for folder in (self.store.folders.root, *self._roots)
        )


def _files(folder: Path) -> list[KeptFile]:
    return list(_read_files(folder))


def _read_files(folder: Path) -> Iterator[KeptFile]:
    for path in folder.iterdir():
        try:
            status = path.stat()
        except FileNotFoundError:  # gone since it was listed
            continue
        changed_at = datetime.fromtimestamp(status.st_mtime, UTC)
        yield KeptFile(path.name.partition(".")[0], status.st_size, changed_at)
