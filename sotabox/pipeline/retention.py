"""What stays after a deployment: the last images and archives, a bounded build cache."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

from sotabox.engine.client import EngineError
from sotabox.engine.containers import Containers
from sotabox.engine.images import Images
from sotabox.engine.releases import let_go
from sotabox.errors import SotaboxError
from sotabox.fault_points import FaultPoint, reach
from sotabox.model.releases import superfluous_images
from sotabox.settings import Settings
from sotabox.store.store import Store
from sotabox.tasks import end_tasks

#: A disk that is full and a database that is busy are so for a while.
_PAUSES_S: Final = (5.0, 30.0, 120.0)

_logger = logging.getLogger(__name__)


class Retention:
    """Tidies up behind deployments, in the background, one project at a time."""

    def __init__(
        self, settings: Settings, store: Store, images: Images, containers: Containers
    ) -> None:
        self._settings = settings
        self._store = store
        self._images = images
        self._containers = containers
        self._turn = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()

    def tidy_soon(self, project_id: str) -> None:
        """Removes what a project does not need any more, once there is time for it."""
        self._begin(partial(self._tidy, project_id), f"tidy {project_id}")

    def tidy_all_soon(self) -> None:
        """The same for all projects: what an end of this process may have kept from being done."""
        self._begin(self._tidy_all, "tidy all projects")

    def drop_soon(self, image_tag: str) -> None:
        """Removes an image that was built and could not be noted."""
        self._begin(partial(self._drop, image_tag), f"drop {image_tag}")

    def keep_soon(self, container_id: str) -> None:
        """Lets the engine restart a container by itself, now that it serves."""
        self._begin(partial(self._containers.keep, container_id), f"keep {container_id[:12]}")

    async def make_room(self) -> int:
        """Bytes freed by dropping what can be had again; it works on a full disk, too."""
        return await self._images.prune_dangling_ours() + await self._images.trim_cache(0)

    async def close(self) -> None:
        """Stops tidying; the next start does the rest."""
        await end_tasks(self._tasks)

    def _begin(self, work: Callable[[], Awaitable[None]], name: str) -> None:
        task = asyncio.create_task(self._run(work), name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, work: Callable[[], Awaitable[None]]) -> None:
        for pause_s in (*_PAUSES_S, None):
            try:
                await work()
            except (SotaboxError, EngineError) as error:
                _logger.warning("left for the next time: %s", error)
            else:
                return
            if pause_s is not None:
                await asyncio.sleep(pause_s)

    async def _drop(self, image_tag: str) -> None:
        # By its name: the same image may have another one, by which an older release is kept.
        await self._images.untag(image_tag)

    async def _tidy(self, project_id: str) -> None:
        async with self._turn:
            await self._let_go_of_old(project_id)
            await self._trim()

    async def _tidy_all(self) -> None:
        async with self._turn:
            for project in await self._store.projects.all():
                await self._let_go_of_old(project.id)
            await self._trim()

    async def _let_go_of_old(self, project_id: str) -> None:
        deployments = await self._store.releases.kept(project_id)
        for image_id in superfluous_images(deployments, self._settings.releases_kept):
            sharing = [d for d in deployments if d.image_id == image_id]
            if await let_go(self._images, sharing):
                reach(FaultPoint.IMAGE_LET_GO)
                await self._store.releases.forget(project_id, image_id)
                for deployment in sharing:
                    self._store.folders.archive(deployment.id).unlink(missing_ok=True)

    async def _trim(self) -> None:
        await self._images.prune_dangling_ours()
        await self._images.trim_cache(self._settings.build_cache_mb * 1_000_000)
