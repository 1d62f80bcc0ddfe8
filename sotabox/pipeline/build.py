"""From an archive to an image: unpack, plan, have what the plan needs, build."""

import asyncio
import shlex
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Final

from sotabox.builds.archive import ArchiveLimits
from sotabox.builds.context import Context, plan_context
from sotabox.builds.detect import detect
from sotabox.builds.dockerfile import RenderOptions, render_dockerfile
from sotabox.builds.explain import explain_plan
from sotabox.builds.intake import extract
from sotabox.builds.overrides import Overrides
from sotabox.builds.plan import DEFAULT_PORT, BuildMethod, BuildPlan
from sotabox.builds.secrets import BuildSecrets, HostBuild, build_secrets, hash_env
from sotabox.builds.source import DirectoryTree
from sotabox.crypto.sealing import Sealer
from sotabox.engine.build import BuildRequest
from sotabox.engine.build_limits import BuildLimiter, BuildLimits
from sotabox.engine.client import Engine
from sotabox.engine.diagnosis import BuildFailed
from sotabox.engine.images import Images
from sotabox.engine.labels import Role, labels_of
from sotabox.engine.pressure import MemoryGate, total_memory_bytes
from sotabox.engine.session import Session
from sotabox.errors import Invalid
from sotabox.model.deployment import Deployment
from sotabox.model.ids import short_id
from sotabox.model.project import Project
from sotabox.pipeline.base_images import BaseImages, Credentials
from sotabox.pipeline.credentials import Keyring
from sotabox.pipeline.failure import DeploymentFailed
from sotabox.pipeline.log import DeploymentLog
from sotabox.pipeline.narration import BUILDING, narrated
from sotabox.pipeline.railpack import ImageName, RailpackBuilder
from sotabox.pipeline.release import Release
from sotabox.pipeline.static_server import StaticServer
from sotabox.settings import Settings
from sotabox.store.folders import Folders

_MB: Final = 1_000_000
#: BuildKit's own argument. Without it a cache mount has the same content for all who name it alike:
#: a Dockerfile could fill the next project's `/root/.npm`.
CACHE_NAMESPACE: Final = "BUILDKIT_CACHE_MOUNT_NS"


@dataclass(frozen=True, slots=True)
class _Job:
    """A build on its way: whose, by which plan, of which tree, with which variables."""

    project: Project
    deployment: Deployment
    plan: BuildPlan
    tree: Path
    env: Mapping[str, str]
    log: DeploymentLog

    def release(self, image_id: str, tag: str, framework: str | None, port: int) -> Release:
        """What it leaves."""
        return Release(
            image_id=image_id,
            image_tag=tag,
            build_method=self.plan.build_method,
            framework=framework,
            plan=self.plan.to_json(),
            port=port,
        )


class Builder:
    """Builds images of deployments."""

    def __init__(
        self,
        settings: Settings,
        folders: Folders,
        sealer: Sealer,
        engine: Engine,
        images: Images,
        keyring: Keyring,
        bases: BaseImages,
        static_server: StaticServer,
    ) -> None:
        self._settings = settings
        self._folders = folders
        self._hash_key = sealer.derived_key("build environment")
        self._engine = engine
        self._images = images
        self._keyring = keyring
        self._bases = bases
        self._static_server = static_server
        self._limiter = BuildLimiter(engine.groups, build_limits(settings, total_memory_bytes()))
        self._railpack = RailpackBuilder(settings, folders, images)
        self._gate = MemoryGate(settings.build_memory_floor_mb * _MB, settings.build_timeout_s)

    async def build(
        self,
        project: Project,
        deployment: Deployment,
        env: Mapping[str, str],
        overrides: Overrides,
        log: DeploymentLog,
    ) -> Release:
        """The release of a deployment's archive; `overrides` is what its project says of it.

        Raises:
            DeploymentFailed: nothing fits, or the build failed.
            EngineUnavailable, DiskFull: the box's trouble.
        """
        tree = self._folders.tree(deployment.id)
        try:
            await self._unpack(deployment.id, tree)
            plan = await asyncio.to_thread(_plan, tree, overrides, env)
            log.build(*explain_plan(plan))
            release = await self._build(_Job(project, deployment, plan, tree, env, log))
        except BuildFailed as failure:
            raise DeploymentFailed(failure.message, hint=failure.hint) from failure
        else:
            # What a person set counts, whatever the base image exposes.
            return replace(release, port=overrides.port) if overrides.port else release
        finally:
            await asyncio.to_thread(shutil.rmtree, tree, ignore_errors=True)

    async def _unpack(self, deployment_id: str, tree: Path) -> None:
        if tree.exists():
            return  # unpacked when it was uploaded
        archive = self._folders.archive(deployment_id)
        if not archive.exists():
            raise DeploymentFailed(
                "The archive of this deployment is not kept any more", hint="Upload it again."
            )
        limits = ArchiveLimits(self._settings.files_max, self._settings.unpacked_max_bytes)
        await extract(archive, tree, limits)

    async def _build(self, job: _Job) -> Release:
        if job.plan.build_method is BuildMethod.RAILPACK:
            return await self._build_by_railpack(job)
        secrets = build_secrets(job.plan, job.env, self._hash_key, self._host_build)
        credentials = await self._keyring.of(job.project)
        context = await self._context(job, secrets, credentials)
        image = self._image_name(job)
        request = BuildRequest(
            tag=image.tag,
            labels=image.labels,
            build_id=image.deployment_id,
            dockerfile=context.dockerfile,
            build_args={**secrets.build_args, CACHE_NAMESPACE: image.project_id},
        )
        say = job.log.build
        await self._gate.wait(say)
        say(BUILDING)
        async with (
            self._limiter.bounded(say),
            Session(
                self._engine, secrets_by_id=secrets.secrets, credentials=credentials
            ) as session,
        ):
            image_id = await self._images.build(
                context.stream(),
                request,
                session=session,
                on_line=narrated(job.plan, say),
                timeout_s=self._settings.build_timeout_s,
            )
        port = await self._port(job.plan, image_id)
        return job.release(image_id, image.tag, job.plan.framework, port)

    async def _build_by_railpack(self, job: _Job) -> Release:
        env = {**self._host_build.env, **job.env}
        image = self._image_name(job)
        say = job.log.build
        await self._gate.wait(say)
        async with self._limiter.bounded(say):
            image_id, framework = await self._railpack.build(
                job.plan, image, env, hash_env(env, self._hash_key), say
            )
        return job.release(image_id, image.tag, framework, job.plan.port)

    def _image_name(self, job: _Job) -> ImageName:
        project, deployment = job.project, job.deployment
        return ImageName(
            f"sotabox/{project.slug}:{short_id(deployment.id)}",
            labels_of(
                self._engine.instance_id,
                Role.IMAGE,
                project_id=project.id,
                deployment_id=deployment.id,
            ),
            project.id,
            deployment.id,
        )

    async def _context(self, job: _Job, secrets: BuildSecrets, credentials: Credentials) -> Context:
        """What the engine is sent, once it has the images that this builds on."""
        dockerfile = await self._dockerfile(job, secrets)
        ours = job.plan.build_method is BuildMethod.AUTO
        if ours:
            await self._bases.have_chosen(job.project, dockerfile, credentials, job.log)
        else:
            await self._bases.have(
                job.project, dockerfile, secrets.build_args, credentials, job.log
            )
        return await asyncio.to_thread(
            plan_context, job.tree, job.plan, dockerfile if ours else None
        )

    async def _dockerfile(self, job: _Job, secrets: BuildSecrets) -> str:
        plan = job.plan
        if plan.build_method is BuildMethod.DOCKERFILE:
            path = job.tree / plan.context_root / (plan.dockerfile or "Dockerfile")
            return await asyncio.to_thread(path.read_text, encoding="utf-8", errors="replace")
        if plan.static is not None:
            await self._static_server.ensure(job.log)
        options = RenderOptions(
            project=job.project.id,
            build_env=secrets.build_env,
            install_env=secrets.install_env,
            host_env=secrets.host_env,
            ca=secrets.ca,
            static_server=self._static_server.tag,
        )
        try:
            return render_dockerfile(plan, options)
        except Invalid as error:
            raise DeploymentFailed(error.message, hint=error.hint) from error

    async def _port(self, plan: BuildPlan, image_id: str) -> int:
        """The plan's port; that of the base image where the app's Dockerfile leaves it to that."""
        if plan.build_method is not BuildMethod.DOCKERFILE or plan.port != DEFAULT_PORT:
            return plan.port
        image = await self._images.exists(image_id)
        exposed = image.exposed_ports if image else ()
        return plan.port if not exposed or plan.port in exposed else exposed[0]

    @cached_property
    def _host_build(self) -> HostBuild:
        """What every build on this box is given: proxies, mirrors, a company's certificates."""
        env = dict(word.split("=", 1) for word in shlex.split(self._settings.build_env))
        ca = self._settings.build_ca
        return HostBuild(env, ca.read_bytes() if ca.name else None)


def build_limits(settings: Settings, total_bytes: int) -> BuildLimits:
    """What all builds together may use on a machine with `total_bytes` of memory."""
    return BuildLimits(
        memory_bytes=settings.build_memory_mb * _MB or total_bytes // 2,
        cpus=settings.build_cpus,
        pids=settings.build_pids,
    )


def _plan(tree: Path, overrides: Overrides, env: Mapping[str, str]) -> BuildPlan:
    try:
        return detect(DirectoryTree(tree), overrides, env)
    except Invalid as error:
        raise DeploymentFailed(error.message, hint=error.hint) from error
