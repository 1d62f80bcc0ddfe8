"""The build stage: a deployment waits for its turn, and comes out with a release, or fails."""

import asyncio
import time
from dataclasses import dataclass

from sotabox.engine.images import Images
from sotabox.fault_points import FaultPoint, reach
from sotabox.model.deployment import Deployment, Status
from sotabox.model.environment import build_env
from sotabox.model.origin import ImageOrigin
from sotabox.pipeline.attempt import Attempt
from sotabox.pipeline.build import Builder
from sotabox.pipeline.fetch import Fetcher
from sotabox.pipeline.pull import Puller
from sotabox.pipeline.release import Release
from sotabox.pipeline.retention import Retention
from sotabox.pipeline.terms import terms_of
from sotabox.settings import Settings
from sotabox.store.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildStage:
    """Gives deployments their releases, as many at once as the box has slots for builds."""

    settings: Settings
    store: Store
    images: Images
    builder: Builder
    fetcher: Fetcher
    puller: Puller
    retention: Retention
    slots: asyncio.Semaphore

    async def run(self, deployment_id: str, attempt: Attempt) -> Deployment | None:
        """The deployment with its release, which it may have already; None where it was ended.

        Raises:
            DeploymentFailed: it can't be built, fetched or pulled.
            EngineUnavailable, DiskFull: the box's trouble.
        """
        deployment = await self.store.deployments.find(deployment_id)
        if deployment is None or deployment.status not in {Status.PENDING, Status.BUILDING}:
            return deployment
        queued = time.monotonic()
        async with self.slots:
            attempt.phases["queue"] = round((time.monotonic() - queued) * 1000)
            if await self.store.deployments.advance(deployment_id, Status.BUILDING) is None:
                return None
            reach(FaultPoint.BUILD_BEGUN)
            release = await self._release(deployment, attempt)
            reach(FaultPoint.IMAGE_BUILT)
        if not isinstance(deployment.origin, ImageOrigin):
            attempt.unnoted_image = release.image_tag
        built = await self._note(deployment_id, attempt, release)
        if built is None and attempt.unnoted_image is not None:
            self.retention.drop_soon(attempt.unnoted_image)
        attempt.unnoted_image = None
        return built

    async def _release(self, deployment: Deployment, attempt: Attempt) -> Release:
        """Pulled where somebody else has built it, else built of the archive, fetched if need be."""
        if isinstance(deployment.origin, ImageOrigin):
            with attempt.phase("pull"):
                return await self.puller.pull(attempt.project, deployment, attempt.log)
        if self.fetcher.is_needed(deployment):
            with attempt.phase("fetch"):
                await self.fetcher.fetch(deployment, attempt.log)
        with attempt.phase("build"):
            variables = await self.store.env_vars.of_project(attempt.project.id)
            attempt.log.mask({variable.key: variable.value for variable in variables})
            terms = await terms_of(self.store, self.settings, attempt.project)
            return await self.builder.build(
                attempt.project, deployment, build_env(variables), terms.overrides, attempt.log
            )

    async def _note(
        self, deployment_id: str, attempt: Attempt, release: Release
    ) -> Deployment | None:
        image = await self.images.exists(release.image_id)
        return await self.store.deployments.advance(
            deployment_id,
            Status.BUILT,
            phases=attempt.phases,
            image_bytes=image.size_bytes if image else None,
            **release.columns(),
        )
