"""Builds on the real engine, as the pipeline does them."""

import secrets
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from sotabox.builds.context import files_context, plan_context
from sotabox.builds.detect import detect
from sotabox.builds.dockerfile import RenderOptions, render_dockerfile
from sotabox.builds.overrides import Overrides
from sotabox.builds.plan import BuildMethod, BuildPlan
from sotabox.builds.secrets import build_secrets
from sotabox.builds.source import DirectoryTree
from sotabox.builds.static_server import HelperImage, static_server_image
from sotabox.engine.build import BuildRequest
from sotabox.engine.client import Engine
from sotabox.engine.images import Images
from sotabox.engine.labels import Role, labels_of
from sotabox.engine.session import Session


@dataclass
class Builder:
    """Builds a folder as a project's app; `lines` is the log of the last build."""

    engine: Engine
    images: Images
    instance_id: str
    helper: HelperImage
    lines: list[str] = field(default_factory=list)

    async def build(
        self, folder: Path, *, plan: BuildPlan | None = None, env: Mapping[str, str] | None = None
    ) -> str:
        """The id of the image."""
        plan = plan or detect(DirectoryTree(folder), Overrides(), env)
        if plan.static:
            await self.ensure_helper()
        given = build_secrets(plan, env or {}, b"key")
        options = RenderOptions(
            project=self.instance_id,
            build_env=given.build_env,
            install_env=given.install_env,
            static_server=self.helper.tag,
        )
        ours = plan.build_method is BuildMethod.AUTO
        context = plan_context(folder, plan, render_dockerfile(plan, options) if ours else None)
        self.lines.clear()
        async with Session(self.engine, secrets_by_id=given.secrets) as session:
            return await self.images.build(
                context.stream(),
                BuildRequest(
                    tag=f"{self.instance_id}:{secrets.token_hex(4)}",
                    labels=labels_of(self.instance_id, Role.IMAGE),
                    build_id=secrets.token_hex(8),
                    dockerfile=context.dockerfile,
                    build_args=given.build_args,
                ),
                session=session,
                on_line=self.lines.append,
                timeout_s=120,
            )

    async def ensure_helper(self) -> None:
        """The static server's image, in a tag of this test."""
        await self.images.build(
            files_context(self.helper.dockerfile, self.helper.files).stream(),
            BuildRequest(
                tag=self.helper.tag,
                labels=labels_of(self.instance_id, Role.IMAGE),
                build_id=secrets.token_hex(8),
            ),
            on_line=self.lines.append,
            timeout_s=120,
        )

    def ran(self, text: str) -> bool:
        """Whether a step ran in the last build (and was not taken from the cache)."""
        return any(text in line for line in self.lines)


@pytest.fixture
async def builder(docker_host: str, instance_id: str, caddy: Path) -> AsyncIterator[Builder]:
    engine = Engine(docker_host, instance_id)
    helper = static_server_image(caddy, "test")
    own = HelperImage(f"{instance_id}:static-server", helper.dockerfile, helper.files)
    builder = Builder(engine, Images(engine), instance_id, own)
    yield builder
    for image in await builder.images.list_ours():
        await builder.images.remove(image.id)
    await engine.close()
