"""A deployment from its turn to its end: the page to read first.

    build    the archive becomes an image                        (not for a redeploy or rollback)
    release  the release command runs, where the app has one
    start    a candidate container, or as many as are to serve; they serve nobody yet
    health   each answers, or the deployment fails and the old version never noticed
    swap     one file is renamed, one transaction notes it
    drain    the old version finishes its requests, in the background

All that can fail by the app's fault comes before the swap. A kill anywhere leaves rows, containers
and upstream files from which `recovery` tells what to finish and what to undo.
"""

import asyncio
import logging
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sotabox.engine.client import Engine, EngineError
from sotabox.engine.images import Images
from sotabox.errors import DiskFull, EngineUnavailable, SotaboxError, Unavailable
from sotabox.fault_points import FaultPoint, reach
from sotabox.model.deployment import Deployment, Status
from sotabox.model.environment import EnvVar, build_env
from sotabox.model.ids import short_id
from sotabox.model.origin import ImageOrigin
from sotabox.model.replica import upstream_of
from sotabox.pipeline.attempt import Attempt
from sotabox.pipeline.build import Builder
from sotabox.pipeline.candidate import Candidates
from sotabox.pipeline.drain import Drains
from sotabox.pipeline.environment import kept_env, todays_env
from sotabox.pipeline.failure import DeploymentFailed
from sotabox.pipeline.fetch import Fetcher
from sotabox.pipeline.log import DeploymentLog
from sotabox.pipeline.pull import Puller
from sotabox.pipeline.rebuilds import Rebuilds
from sotabox.pipeline.release import Release, command_of, read_plan
from sotabox.pipeline.release_command import ReleaseCommand
from sotabox.pipeline.replicas import Started, all_healthy, discard_all, replicas_of, start_all
from sotabox.pipeline.retention import Retention
from sotabox.pipeline.swap import Swap
from sotabox.pipeline.terms import Terms, terms_of
from sotabox.pipeline.traffic import Visits
from sotabox.settings import Settings
from sotabox.store.store import Store

_ENGINE_PAUSE_S = 1.0
_STORE_PAUSE_S = 1.0

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployer:
    """Brings deployments to their end, each in a task of the queue."""

    settings: Settings
    store: Store
    engine: Engine
    images: Images
    builder: Builder
    fetcher: Fetcher
    puller: Puller
    release_command: ReleaseCommand
    candidates: Candidates
    drains: Drains
    rebuilds: Rebuilds
    retention: Retention
    build_slots: asyncio.Semaphore
    swap: Swap
    visits: Visits
    url_of: Callable[[str], str]  # of a slug, with its scheme

    async def run(self, deployment_id: str) -> None:
        """Works on a deployment until it is settled; the root of its task."""
        made_room = False
        while (attempt := await self._attempt(deployment_id)) is not None:
            try:
                await self._bring_up(deployment_id, attempt)
            except DeploymentFailed as failure:
                await self._fail(deployment_id, attempt, failure)
            except EngineUnavailable as error:
                await self._wait_for_engine(deployment_id, attempt, error)
                continue
            except DiskFull as error:
                may_help = error.of_engine and not made_room
                if may_help and await self._make_room(deployment_id, attempt, error):
                    made_room = True
                    continue
                await self._fail(deployment_id, attempt, _failure_of(error))
            except SotaboxError as error:
                await self._fail(deployment_id, attempt, _failure_of(error))
            except Exception:
                _logger.exception("deployment %s met a fault of ours", deployment_id)
                await self._fail(
                    deployment_id,
                    attempt,
                    DeploymentFailed(
                        "The box met a fault of its own",
                        hint=f"Its log says more about deployment {deployment_id}.",
                    ),
                )
            return

    async def _attempt(self, deployment_id: str) -> Attempt | None:
        deployment = await self.store.deployments.find(deployment_id)
        if deployment is None:
            return None
        project = await self.store.projects.find(deployment.project_id)
        if project is None or project.deleting:
            return None
        return Attempt(project, DeploymentLog(self.store.logs.open(deployment_id)))

    async def _bring_up(self, deployment_id: str, attempt: Attempt) -> None:
        deployment = await self._get_built(deployment_id, attempt)
        if deployment is None:
            return
        reach(FaultPoint.BUILD_NOTED)
        deployment = await self.rebuilds.ensure(attempt.project, deployment, attempt.log)
        env = await self._env(deployment, attempt)
        await self.drains.wait_for_room(attempt.project.id)
        if await self.store.deployments.advance(deployment_id, Status.DEPLOYING) is None:
            current = await self.store.deployments.find(deployment_id)
            if current is None or current.status is not Status.DEPLOYING:
                return
        reach(FaultPoint.DEPLOY_BEGUN)
        if command := self.release_command.of(deployment):
            with attempt.phase("release"):
                await self.release_command.run(
                    command, attempt.project, deployment, env, attempt.log
                )
            reach(FaultPoint.RELEASE_COMMAND_DONE)
        terms = await terms_of(self.store, self.settings, attempt.project)
        with attempt.phase("start"):
            requests = await self.candidates.requests(
                attempt.project,
                deployment,
                env,
                count=terms.replicas,
                command=command_of(deployment),
            )
            started = await start_all(self.candidates, requests)
        several = f"{len(started)} containers started" if len(started) > 1 else None
        attempt.log.deploy(several or "Container started")
        try:
            async with self.visits.watch(attempt.project) as watch:
                with attempt.phase("health"):
                    await self._check_health(deployment, attempt, terms, started)
                reach(FaultPoint.CANDIDATE_HEALTHY)
                await watch.hold()
                swapped = await self.swap.make(deployment_id, attempt, started, watch)
        except BaseException:
            # Should undoing a swap have failed as well, visitors are with it: recovery decides.
            upstream = self.swap.upstreams.read(attempt.project.id)
            attempt.unsettled = upstream == upstream_of(replicas_of(started))
            if not attempt.unsettled:
                await discard_all(self.candidates, started)
            raise
        if not swapped:
            await discard_all(self.candidates, started)

    async def _get_built(self, deployment_id: str, attempt: Attempt) -> Deployment | None:
        """The deployment with its image; None where somebody ended it meanwhile."""
        deployment = await self.store.deployments.find(deployment_id)
        if deployment is None or deployment.status not in {Status.PENDING, Status.BUILDING}:
            return deployment
        queued = time.monotonic()
        async with self.build_slots:
            attempt.phases["queue"] = round((time.monotonic() - queued) * 1000)
            if await self.store.deployments.advance(deployment_id, Status.BUILDING) is None:
                return None
            reach(FaultPoint.BUILD_BEGUN)
            release = await self._release(deployment, attempt)
            reach(FaultPoint.IMAGE_BUILT)
        if not isinstance(deployment.origin, ImageOrigin):
            attempt.unnoted_image = release.image_tag
        image = await self.images.exists(release.image_id)
        built = await self.store.deployments.advance(
            deployment_id,
            Status.BUILT,
            phases=attempt.phases,
            image_bytes=image.size_bytes if image else None,
            **release.columns(),
        )
        if built is None:
            self._drop_unnoted(attempt)
        attempt.unnoted_image = None
        return built

    def _drop_unnoted(self, attempt: Attempt) -> None:
        if attempt.unnoted_image is not None:
            self.retention.drop_soon(attempt.unnoted_image)

    async def _release(self, deployment: Deployment, attempt: Attempt) -> Release:
        """What a deployment runs: built of its archive, fetched before where it is from Git, or an
        image that somebody else has built.
        """  # noqa: D205
        if isinstance(deployment.origin, ImageOrigin):
            with attempt.phase("pull"):
                return await self.puller.pull(attempt.project, deployment, attempt.log)
        if self.fetcher.is_needed(deployment):
            with attempt.phase("fetch"):
                await self.fetcher.fetch(deployment, attempt.log)
        with attempt.phase("build"):
            env = build_env(await self._variables(attempt))
            terms = await terms_of(self.store, self.settings, attempt.project)
            return await self.builder.build(
                attempt.project, deployment, env, terms.overrides, attempt.log
            )

    async def _variables(self, attempt: Attempt) -> list[EnvVar]:
        """The project's variables; from here on the log hides their values."""
        variables = await self.store.env_vars.of_project(attempt.project.id)
        attempt.log.mask({variable.key: variable.value for variable in variables})
        return variables

    async def _env(self, deployment: Deployment, attempt: Attempt) -> Mapping[str, str]:
        """What the deployment runs with: decided once, however often it is begun."""
        kept = await kept_env(self.store, deployment)
        env = await todays_env(self.store, deployment) if kept is None else kept
        attempt.log.mask(env)
        return env

    async def _check_health(
        self, deployment: Deployment, attempt: Attempt, terms: Terms, started: Started
    ) -> None:
        host = self.url_of(attempt.project.slug).partition("://")[2]
        plan = read_plan(deployment)
        await all_healthy(
            [
                self.candidates.wait_until_healthy(
                    attempt.project,
                    candidate,
                    host,
                    terms.health_path(plan.health_path if plan else None),
                    attempt.log,
                    timeout_s=terms.health_timeout_s,
                )
                for candidate in started
            ]
        )
        attempt.log.deploy("Health check passed")

    async def _fail(self, deployment_id: str, attempt: Attempt, failure: DeploymentFailed) -> None:
        building = not attempt.phases.keys() & {"release", "start"}
        say = attempt.log.build if building else attempt.log.deploy
        if failure.evidence:
            say("The app's last lines:", *(f"  {line}" for line in failure.evidence))
        say(f"✕ {failure.reason}", *([failure.hint] if failure.hint else []))
        reason = attempt.log.masked(failure.reason)
        if failure.evidence:
            reason += "\n" + attempt.log.masked("\n".join(failure.evidence[-10:]))
        while not await self._note_failure(  # noqa: ASYNC110 - a disk sends no news
            deployment_id, attempt, reason, failure.hint
        ):
            await asyncio.sleep(_STORE_PAUSE_S)
        tree = self.store.folders.tree(deployment_id)  # there still, if the build never began
        await asyncio.to_thread(shutil.rmtree, tree, ignore_errors=True)
        self._drop_unnoted(attempt)
        if attempt.unsettled:
            self.swap.unsettled.set()
        _logger.info("deployment %s failed: %s", short_id(deployment_id), failure.reason)

    async def _note_failure(
        self, deployment_id: str, attempt: Attempt, reason: str, hint: str | None
    ) -> bool:
        """Ends the row of a failed deployment; False while the disk takes no more.

        The deployment then stays under way, as nothing else would end it before the next start.
        """
        try:
            async with self.swap.locks.of(attempt.project.id):
                await self.store.deployments.advance(
                    deployment_id, Status.FAILED, phases=attempt.phases, error=reason, hint=hint
                )
        except Unavailable as error:
            _logger.warning("deployment %s waits for its end: %s", short_id(deployment_id), error)
            return False
        reach(FaultPoint.FAILURE_NOTED)
        return True

    async def _wait_for_engine(
        self, deployment_id: str, attempt: Attempt, error: EngineUnavailable
    ) -> None:
        """Waits out an absence of the engine, which is nobody's fault; a build then starts over."""
        reason = error.message.rstrip(".")
        attempt.log.deploy(f"{reason}; this deployment goes on when it is back")
        while not await self.engine.ping():  # noqa: ASYNC110 - the engine sends no news while away
            await asyncio.sleep(_ENGINE_PAUSE_S)
        await self.store.deployments.advance(deployment_id, Status.PENDING)
        attempt.log.deploy("Docker is back")

    async def _make_room(self, deployment_id: str, attempt: Attempt, error: DiskFull) -> bool:
        """Whether space was freed for another try: the build cache is what can be had again."""
        attempt.log.build(error.message, "Dropping the build cache to make room...")
        try:
            freed_bytes = await self.retention.make_room()
            if freed_bytes:
                await self.store.deployments.advance(deployment_id, Status.PENDING)
        except (SotaboxError, EngineError) as trouble:
            _logger.warning("no room could be made: %s", trouble)
            return False
        freed_mb = round(freed_bytes / 1_000_000)
        attempt.log.build(f"{freed_mb} MB were freed" + ("; trying again" if freed_bytes else ""))
        return freed_bytes > 0


def _failure_of(error: SotaboxError) -> DeploymentFailed:
    return DeploymentFailed(error.message, hint=error.hint)
