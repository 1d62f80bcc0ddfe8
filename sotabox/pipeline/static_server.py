"""The image that sites are built from, made once a box and version of Caddy."""

import asyncio
from pathlib import Path

from sotabox.builds.context import files_context
from sotabox.builds.static_server import static_server_image
from sotabox.engine.build import BuildRequest
from sotabox.engine.images import Images
from sotabox.pipeline.log import DeploymentLog


class StaticServer:
    """Has the static file server's image ready for builds that name it."""

    def __init__(
        self, images: Images, instance_id: str, caddy: Path, version: str, *, timeout_s: float
    ) -> None:
        self._images = images
        self._image = static_server_image(caddy, version)
        self._build_id = f"static-server-{instance_id}"
        self._timeout_s = timeout_s
        self._turn = asyncio.Lock()

    @property
    def tag(self) -> str:
        """The image's name."""
        return self._image.tag

    async def ensure(self, log: DeploymentLog) -> None:
        """The image is there.

        Raises:
            BuildFailed: it can't be made.
            EngineUnavailable, DiskFull: the box's trouble.
        """
        async with self._turn:  # who comes second finds it made
            if await self._images.exists(self.tag) is not None:
                return
            log.build("Making the static file server (once on this box)...")
            await self._images.build(
                files_context(self._image.dockerfile, self._image.files).stream(),
                BuildRequest(tag=self.tag, labels={}, build_id=self._build_id),
                on_line=lambda _: None,
                timeout_s=self._timeout_s,
            )
