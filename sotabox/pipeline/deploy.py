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

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sotabox.errors import DiskFull, EngineUnavailable, SotaboxError
from sotabox.fault_points import FaultPoint, reach
from sotabox.model.deployment import Deployment, Status
from sotabox.model.replica import upstream_of
from sotabox.pipeline.attempt import Attempt
from sotabox.pipeline.build_stage import BuildStage
from sotabox.pipeline.candidate import Candidates
from sotabox.pipeline.drain import Drains
from sotabox.pipeline.environment import kept_env, todays_env
from sotabox.pipeline.failure import DeploymentFailed
from sotabox.pipeline.log import DeploymentLog
from sotabox.pipeline.rebuilds import Rebuilds
from sotabox.pipeline.release import command_of, read_plan
from sotabox.pipeline.release_command import ReleaseCommand
from sotabox.pipeline.replicas import Started, all_healthy, discard_all, replicas_of, start_all
from sotabox.pipeline.setbacks import Setbacks
from sotabox.pipeline.swap import Swap
from sotabox.pipeline.terms import Terms, terms_of
from sotabox.pipeline.traffic import Visits
from sotabox.settings import Settings
from sotabox.store.store import Store

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployer:
    """Brings deployments to their end, each in a task of the queue."""

    settings: Settings
    store: Store
    build_stage: BuildStage
    rebuilds: Rebuilds
    drains: Drains
    release_command: ReleaseCommand
    candidates: Candidates
    visits: Visits
    swap: Swap
    setbacks: Setbacks
    url_of: Callable[[str], str]  # of a slug, with its scheme

    async def run(self, deployment_id: str) -> None:
        """Works on a deployment until it is settled; the root of its task."""
        made_room = False
        while (attempt := await self._attempt(deployment_id)) is not None:
            try:
                await self._bring_up(deployment_id, attempt)
            except DeploymentFailed as error:
                failure = error
            except EngineUnavailable as error:
                await self.setbacks.wait_for_engine(deployment_id, attempt, error)
                continue
            except DiskFull as error:
                may_help = error.of_engine and not made_room
                if may_help and await self.setbacks.make_room(deployment_id, attempt, error):
                    made_room = True
                    continue
                failure = DeploymentFailed(error.message, hint=error.hint)
            except SotaboxError as error:
                failure = DeploymentFailed(error.message, hint=error.hint)
            except Exception:
                _logger.exception("deployment %s met a fault of ours", deployment_id)
                failure = DeploymentFailed(
                    "The box met a fault of its own",
                    hint=f"Its log says more about deployment {deployment_id}.",
                )
            else:
                return
            await self.setbacks.fail(deployment_id, attempt, failure)
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
        deployment = await self.build_stage.run(deployment_id, attempt)
        if deployment is None:
            return
        reach(FaultPoint.BUILD_NOTED)
        deployment = await self.rebuilds.ensure(attempt.project, deployment, attempt.log)
        env = await self._env(deployment, attempt)
        await self.drains.wait_for_room(attempt.project.id)
        if not await self._begin(deployment_id):
            return
        reach(FaultPoint.DEPLOY_BEGUN)
        await self._run_release_command(deployment, attempt, env)
        terms = await terms_of(self.store, self.settings, attempt.project)
        started = await self._start(deployment, attempt, env, terms.replicas)
        try:
            async with self.visits.watch(attempt.project) as watch:
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

    async def _env(self, deployment: Deployment, attempt: Attempt) -> Mapping[str, str]:
        """What the deployment runs with: decided once, however often it is begun."""
        kept = await kept_env(self.store, deployment)
        env = await todays_env(self.store, deployment) if kept is None else kept
        attempt.log.mask(env)
        return env

    async def _begin(self, deployment_id: str) -> bool:
        """Whether the deployment is under way from here on, or was, before this process began."""
        if await self.store.deployments.advance(deployment_id, Status.DEPLOYING) is not None:
            return True
        current = await self.store.deployments.find(deployment_id)
        return current is not None and current.status is Status.DEPLOYING

    async def _run_release_command(
        self, deployment: Deployment, attempt: Attempt, env: Mapping[str, str]
    ) -> None:
        command = self.release_command.of(deployment)
        if not command:
            return
        with attempt.phase("release"):
            await self.release_command.run(command, attempt.project, deployment, env, attempt.log)
        reach(FaultPoint.RELEASE_COMMAND_DONE)

    async def _start(
        self, deployment: Deployment, attempt: Attempt, env: Mapping[str, str], count: int
    ) -> Started:
        with attempt.phase("start"):
            requests = await self.candidates.requests(
                attempt.project, deployment, env, count=count, command=command_of(deployment)
            )
            started = await start_all(self.candidates, requests)
        several = f"{len(started)} containers started" if len(started) > 1 else None
        attempt.log.deploy(several or "Container started")
        return started

    async def _check_health(
        self, deployment: Deployment, attempt: Attempt, terms: Terms, started: Started
    ) -> None:
        host = self.url_of(attempt.project.slug).partition("://")[2]
        plan = read_plan(deployment)
        with attempt.phase("health"):
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
