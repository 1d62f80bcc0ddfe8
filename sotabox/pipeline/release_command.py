"""The release command: what an app wants to have run once before a new version serves.

Migrations, mostly. It runs in the new image with the new environment; its failure fails the
deployment, and the old version goes on.
"""

import asyncio
from collections.abc import Mapping

from sotabox.engine.containers import Containers
from sotabox.engine.labels import Role
from sotabox.fault_points import FaultPoint, reach
from sotabox.model.deployment import Deployment, Source
from sotabox.model.project import Project
from sotabox.pipeline.candidate import Candidates
from sotabox.pipeline.failure import DeploymentFailed
from sotabox.pipeline.log import DeploymentLog
from sotabox.pipeline.release import read_plan
from sotabox.tasks import end_tasks


class ReleaseCommand:
    """Runs release commands, each in a container of its own."""

    def __init__(self, candidates: Candidates, containers: Containers, *, timeout_s: int) -> None:
        self._candidates = candidates
        self._containers = containers
        self._timeout_s = timeout_s

    @staticmethod
    def of(deployment: Deployment) -> str | None:
        """The command of a fresh build; deployments of an image that ran before have none to run."""
        plan = read_plan(deployment)
        fresh = deployment.source in {Source.ARCHIVE, Source.GIT}
        return plan.release if plan and fresh else None

    async def run(
        self,
        command: str,
        project: Project,
        deployment: Deployment,
        env: Mapping[str, str],
        log: DeploymentLog,
    ) -> None:
        """Runs `command` to its end.

        Raises:
            DeploymentFailed: it exited with another code than 0, or took too long.
        """
        log.deploy(f"Running the release command: {command}")
        request = await self._candidates.request(
            project,
            deployment,
            env,
            command=("/bin/sh", "-c", command),
            role=Role.RELEASE,
        )
        candidate = await self._candidates.start(request)
        try:
            await self._watch(candidate.container_id, log)
            reach(FaultPoint.RELEASE_COMMAND_ENDED)
        finally:
            await self._candidates.discard(candidate.container_id)
        log.deploy("Release command finished")

    async def _watch(self, container_id: str, log: DeploymentLog) -> None:
        async def show() -> None:
            async for line in self._containers.follow(container_id):
                log.deploy(f"  {line.text}")

        showing = asyncio.create_task(show(), name="release command's output")
        try:
            exit_code = await self._containers.wait_exit(container_id, self._timeout_s)
            await asyncio.wait({showing}, timeout=5)  # the last lines follow the exit
        except TimeoutError as error:
            raise DeploymentFailed(
                f"The release command was not done after {self._timeout_s} s",
                hint="Raise SOTABOX_BUILD_TIMEOUT_S, or do less in it.",
            ) from error
        finally:
            await end_tasks([showing])
        if exit_code != 0:
            raise DeploymentFailed(
                f"The release command exited with code {exit_code}",
                hint="Its output stands in the log; the version before this one goes on.",
            )
