"""Runs Railpack, where it is installed, in place of our own builder."""

import asyncio
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sotabox.builds.context import files_context
from sotabox.builds.plan import BuildPlan
from sotabox.builds.railpack_commands import (
    INFO_NAME,
    TRY_AGAIN,
    BuildTool,
    RailpackBuild,
    RailpackInfo,
    build_command,
    prepare_command,
    read_info,
    read_version,
)
from sotabox.engine.build import BuildRequest
from sotabox.engine.diagnosis import timed_out
from sotabox.engine.images import Images
from sotabox.pipeline.failure import DeploymentFailed
from sotabox.pipeline.program import run
from sotabox.settings import Settings
from sotabox.store.folders import Folders

_ASK_TIMEOUT_S: Final = 10.0
_OUR_OWN: Final = 'or leave out builder = "railpack" to build with sotabox\'s own builder'

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class ImageName:
    """The image that a build makes: its tag and labels, and whose it is."""

    tag: str
    labels: Mapping[str, str]
    project_id: str
    deployment_id: str


@dataclass(frozen=True, slots=True)
class Railpack:
    """Railpack as it is installed: its version, and what builds its plans."""

    version: str
    tool: BuildTool
    frontend: str

    async def prepare(
        self, folder: Path, scratch: Path, plan: BuildPlan, env: Mapping[str, str], say: Say
    ) -> RailpackInfo:
        """Lets Railpack look at an app.

        Raises:
            DeploymentFailed: it can't plan it.
        """
        code = await run(prepare_command(folder, scratch, plan, tuple(env)), env, say)
        if code == TRY_AGAIN:
            raise DeploymentFailed(
                "Railpack could not load what it needs to plan this app", hint="Deploy again."
            )
        info_file = scratch / INFO_NAME
        info = (
            read_info(await asyncio.to_thread(info_file.read_text, encoding="utf-8"))
            if info_file.exists()
            else RailpackInfo(f"it ended with exit code {code}", None)
        )
        if code or info.problem:
            raise DeploymentFailed(
                f"Railpack can't plan this app: {info.problem or f'exit code {code}'}",
                hint="Give it a start command or a railpack.json, " + _OUR_OWN + ".",
            )
        return info

    async def build(self, build: RailpackBuild, env: Mapping[str, str], say: Say) -> None:
        """Builds what was prepared; cancelling the task ends it.

        Raises:
            DeploymentFailed: the build failed.
        """
        code = await run(build_command(self.tool, build), env, say)
        if code:
            raise DeploymentFailed(
                f"Railpack's build failed with exit code {code}",
                hint="The log shows why, just above.",
            )


async def find_railpack(frontend: str, path: str | None = None) -> Railpack:
    """Railpack and what it needs, on the `PATH`, or where `path` says.

    Raises:
        DeploymentFailed: something is missing; the hint names what to install.
    """
    if shutil.which("railpack", path=path) is None:
        raise DeploymentFailed(
            "This app asks for Railpack, but there is no railpack program on this server",
            hint=f"Install railpack on the server, {_OUR_OWN}.",
        )
    tool = await _find_tool(path)
    if tool is None:
        raise DeploymentFailed(
            "Railpack needs docker buildx or buildctl to build, and neither is on this server",
            hint=f"Install the package docker-buildx-plugin on the server, {_OUR_OWN}.",
        )
    if not frontend:
        raise DeploymentFailed(
            "Railpack builds by an image of its own, its frontend, and none is set on this server",
            hint="Set SOTABOX_RAILPACK_FRONTEND to the image railpack-frontend that Railpack's "
            f"documentation names, without a tag, {_OUR_OWN}.",
        )
    code, said = await _ask(("railpack", "--version"), path)
    version = read_version(said)
    if code != 0 or version is None:
        raise DeploymentFailed(
            "The railpack program on this server does not tell its version "
            + ("in time" if code is None else f"(exit code {code})"),
            hint="Run `railpack --version` on the server to see why.",
        )
    return Railpack(version, tool, frontend)


async def _find_tool(path: str | None) -> BuildTool | None:
    if shutil.which("docker", path=path) is not None:
        code, _ = await _ask(("docker", "buildx", "version"), path)
        if code == 0:
            return BuildTool.BUILDX
    return BuildTool.BUILDCTL if shutil.which("buildctl", path=path) is not None else None


async def _ask(command: tuple[str, ...], path: str | None) -> tuple[int | None, str]:
    """A program's exit code, None where it does not end in time, and what it said."""
    lines: list[str] = []
    code = None
    with suppress(TimeoutError):
        async with asyncio.timeout(_ASK_TIMEOUT_S):
            code = await run(command, {}, lines.append, path=path)
    return code, "\n".join(lines)


class RailpackBuilder:
    """Builds images by Railpack, and marks them as this box's."""

    def __init__(self, settings: Settings, folders: Folders, images: Images) -> None:
        self._settings = settings
        self._folders = folders
        self._images = images

    async def build(
        self,
        plan: BuildPlan,
        image: ImageName,
        env: Mapping[str, str],
        secrets_hash: str,
        say: Say,
    ) -> tuple[str, str | None]:
        """The image's id and the app's framework.

        Raises:
            DeploymentFailed: Railpack is not there, can't plan the app, or its build failed.
        """
        railpack = await find_railpack(self._settings.railpack_frontend)
        folder = self._folders.tree(image.deployment_id) / plan.context_root
        # Beside the trees: a start of the box clears away what a kill left there.
        scratch = self._folders.trees / f"{image.deployment_id}.railpack"
        scratch.mkdir(exist_ok=True, mode=0o700)
        try:
            async with asyncio.timeout(self._settings.build_timeout_s):
                info = await railpack.prepare(folder, scratch, plan, env, say)
                build = RailpackBuild(
                    folder=folder,
                    scratch=scratch,
                    frontend=railpack.frontend,
                    version=railpack.version,
                    tag=image.tag,
                    cache_key=image.project_id,
                    secrets_hash=secrets_hash,
                    variables=tuple(env),
                )
                await railpack.build(build, env, say)
            if build.image_file.exists():
                await self._images.load(build.image_file)
            return await self._mark(image), info.framework
        except TimeoutError as error:
            raise timed_out(self._settings.build_timeout_s) from error
        finally:
            await asyncio.to_thread(shutil.rmtree, scratch, ignore_errors=True)

    async def _mark(self, image: ImageName) -> str:
        """The image with our labels, without which nobody would ever remove it."""
        return await self._images.build(
            files_context(f"FROM {image.tag}\n", {}).stream(),
            BuildRequest(tag=image.tag, labels=image.labels, build_id=image.deployment_id),
            on_line=lambda _: None,
            timeout_s=self._settings.build_timeout_s,
        )
