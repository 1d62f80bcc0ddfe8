"""The `deployments` table: what came of each attempt to bring a version of an app to its visitors.

How a row is read is in `deployment_rows`, what is written in a transaction in `deployment_changes`;
what is kept to be started again, in `releases`.
"""

import json
from collections.abc import Sequence
from typing import Any, Final

from sotabox.events import Bus, DeploymentChanged, ProjectChanged
from sotabox.model.deployment import Deployment, Source, Status, predecessors
from sotabox.model.origin import ArchiveOrigin, GitOrigin, ImageOrigin, Origin
from sotabox.model.swap import SwapReport
from sotabox.model.times import now
from sotabox.store.database import Database, Transaction
from sotabox.store.deployment_changes import (
    advance,
    insert,
    insert_again,
    require_room,
    supersede,
    update,
)
from sotabox.store.deployment_rows import DEPLOYMENT, as_one, deployment_of, deployments_of, encode
from sotabox.store.git_tokens import KEEP_TOKEN
from sotabox.store.idempotency import Once

_GET = f"SELECT {DEPLOYMENT} FROM deployments WHERE id = ?"
_PAGE = as_one(f"""
    SELECT {DEPLOYMENT} FROM deployments
    WHERE project_id = ? AND number < ? ORDER BY number DESC LIMIT ?""")
_NEWEST_OF = f"""
    SELECT {DEPLOYMENT} FROM json_each(?) AS wanted JOIN deployments ON project_id = wanted.value
    WHERE number = (SELECT max(number) FROM deployments WHERE project_id = wanted.value)"""
_RUNNING_OF = f"""
    SELECT {DEPLOYMENT} FROM json_each(?) AS wanted
    JOIN deployments ON project_id = wanted.value AND status = 'running'"""
_RUNNING = f"""
    SELECT {DEPLOYMENT} FROM deployments WHERE project_id = ? AND status = 'running'"""
_UNFINISHED = f"""
    SELECT {DEPLOYMENT} FROM deployments
    WHERE status NOT IN ('stopped', 'failed') ORDER BY created_at"""
_UNFINISHED_OF_PROJECT = f"""
    SELECT {DEPLOYMENT} FROM deployments
    WHERE project_id = ? AND status NOT IN ('stopped', 'failed') ORDER BY created_at"""
_IDS = "SELECT id FROM deployments"
_ENDED_WITHOUT_IMAGE = """
    SELECT id FROM deployments
    WHERE status IN ('stopped', 'failed') AND image_id IS NULL AND updated_at < ?"""
_NUMBERS = "SELECT id, number FROM deployments WHERE id IN (SELECT value FROM json_each(?))"
_REPLICA_NUMBERS = """
    SELECT DISTINCT project_id, json_array_length(replicas) AS number FROM deployments
    WHERE json_array_length(replicas) > 1"""
_ADD_PHASE = "UPDATE deployments SET phases = json_set(phases, ?, ?) WHERE id = ?"
_PUT_SWAP = """
    UPDATE deployments SET swap_report = :report
    WHERE id = :id AND coalesce(json_extract(swap_report, '$.ended_at'), '') <= :ended_at"""
_PAUSE = "UPDATE projects SET paused = 1, updated_at = ? WHERE id = ?"
_RESUME = "UPDATE projects SET paused = 0 WHERE id = ? AND paused = 1"
_NUMBER_MAX: Final = 2**62


class Deployments:
    """Attempts to bring a version of an app to its visitors."""

    def __init__(self, database: Database, bus: Bus) -> None:
        self._database = database
        self._bus = bus

    async def insert_pending(
        self,
        id_: str,
        project_id: str,
        created_by: str,
        queue_max: int,
        once: Once | None = None,
        *,
        origin: Origin | None = None,
        sealed_token: bytes | None = None,
    ) -> tuple[Deployment, list[Deployment]]:
        """A new deployment that waits for its build, and those that it supersedes.

        An archive is there already; the token lets us in where another `origin` is.

        Raises:
            QueueFull: `queue_max` others wait already.
            ProjectDeleting: the project is on its way out.
            Repeated: `once` was claimed before; nothing was changed.
        """
        async with self._database.transaction() as transaction:
            superseded = await supersede(transaction, project_id)
            await require_room(transaction, queue_max)
            deployment = await insert(
                transaction,
                id=id_,
                project_id=project_id,
                status=Status.PENDING,
                source=_source_of(origin),
                origin=origin,
                created_by=created_by,
                once=once,
            )
            if sealed_token is not None:
                await transaction.execute(KEEP_TOKEN, (id_, sealed_token))
        for old in superseded:
            self._publish(old)
        return self._publish(deployment), superseded

    async def insert_deploying(
        self,
        id_: str,
        release: Deployment,
        source: Source,
        created_by: str,
        *,
        env_digest: str | None = None,
        once: Once | None = None,
    ) -> Deployment:
        """A new deployment of the release of an older one: nothing to build.

        It starts with the variables of `env_digest`; with today's, where that is None.

        Raises:
            ProjectDeleting: the project is on its way out.
            Repeated: `once` was claimed before; nothing was changed.
        """
        async with self._database.transaction() as transaction:
            deployment = await insert_again(
                transaction, id_, release, source, created_by, env_digest, once
            )
        return self._publish(deployment)

    async def insert_return(
        self, id_: str, failing: Deployment, release: Deployment, **why: str
    ) -> Deployment | None:
        """A rollback from the deployment that serves, which then says why, to an older release.

        None where it serves no more, or another waits or is under way: nothing was changed, as
        whoever deployed that knows better.

        Raises:
            ProjectDeleting: the project is on its way out.
        """
        by, env_digest = failing.created_by or "", release.env_digest
        async with self._database.transaction() as transaction:
            rows = await transaction.all(_UNFINISHED_OF_PROJECT, (failing.project_id,))
            now_there = [(d.id, d.status) for d in map(deployment_of, rows)]
            if now_there != [(failing.id, Status.RUNNING)]:
                return None
            await update(transaction, failing.id, why)
            rollback = await insert_again(
                transaction, id_, release, Source.ROLLBACK, by, env_digest
            )
        return self._publish(rollback)

    async def advance(
        self, id_: str, status: Status, *, phases: dict[str, int] | None = None, **changes: Any
    ) -> Deployment | None:
        """Moves a deployment on to `status`, with what is known by now.

        Returns:
            The deployment, or None where it may not go there: somebody was faster (a cancel, a
            supersession, a deletion).
        """
        async with self._database.transaction() as transaction:
            deployment = await advance(transaction, id_, status, phases, changes)
        return self._publish(deployment) if deployment else None

    async def advance_to_running(
        self, id_: str, *, phases: dict[str, int], **changes: Any
    ) -> tuple[Deployment, Deployment | None] | None:
        """The bookkeeping of a swap, as one transaction: `id_` runs, who ran before is stopped.

        Returns:
            Both deployments (the second is None at a project's first); None as for `advance`.
        """
        async with self._database.transaction() as transaction:
            current = await _one(transaction, _GET, id_)
            if current is None or current.status not in predecessors(Status.RUNNING):
                return None
            before = await _one(transaction, _RUNNING, current.project_id)
            if before is not None:
                before = await advance(transaction, before.id, Status.STOPPED)
            running = await advance(transaction, id_, Status.RUNNING, phases, changes)
            await transaction.execute(_RESUME, (current.project_id,))
        if running is None:
            return None
        # Nothing is awaited between commit and news: who was committed is always told.
        if before is not None:
            self._publish(before)
        return self._publish(running), before

    async def pause(self, project_id: str) -> list[Deployment]:
        """Pauses a project: none of its deployments serves, or will; gives those that this ends.

        It lasts until one of its deployments is running again.
        """
        async with self._database.transaction() as transaction:
            await transaction.execute(_PAUSE, (now(), project_id))
            stopped = []
            for row in await transaction.all(_UNFINISHED_OF_PROJECT, (project_id,)):
                deployment = deployment_of(row)
                serves = deployment.status is Status.RUNNING
                changes = {} if serves else {"error": "The project was paused"}
                ended = await advance(transaction, deployment.id, Status.STOPPED, None, changes)
                stopped += [ended] if ended else []
        self._bus.publish(ProjectChanged(project_id))
        return [self._publish(deployment) for deployment in stopped]

    async def record(self, id_: str, **changes: Any) -> None:
        """Notes facts about a deployment without moving it on."""
        async with self._database.transaction() as transaction:
            await update(transaction, id_, changes)

    async def record_phase(self, id_: str, name: str, duration_ms: int) -> None:
        """Notes how long a phase took."""
        async with self._database.transaction() as transaction:
            await transaction.execute(_ADD_PHASE, (f"$.{name}", duration_ms, id_))

    async def record_swap(self, id_: str, report: SwapReport) -> None:
        """Notes what visitors met at a deployment's swap; the later look is the better one."""
        values = {"id": id_, "report": encode(report), "ended_at": report.ended_at}
        async with self._database.transaction() as transaction:
            await transaction.execute(_PUT_SWAP, values)

    async def find(self, id_: str) -> Deployment | None:
        """The deployment of an id."""
        return await self._database.recall(_GET, (id_,), deployment_of)

    async def page(self, project_id: str, before: int | None, limit: int) -> list[Deployment]:
        """At most `limit` deployments with a number below `before`, newest first."""
        values = (project_id, _NUMBER_MAX if before is None else before, limit)
        return list(await self._database.recall(_PAGE, values, deployments_of) or ())

    async def running(self, project_id: str) -> Deployment | None:
        """The deployment that serves a project."""
        row = await self._database.find(_RUNNING, (project_id,))
        return deployment_of(row) if row else None

    async def newest_of(self, project_ids: Sequence[str]) -> list[Deployment]:
        """The newest deployment of each of these projects that has one."""
        rows = await self._database.find_all(_NEWEST_OF, (json.dumps(project_ids),))
        return [deployment_of(row) for row in rows]

    async def running_of(self, project_ids: Sequence[str]) -> list[Deployment]:
        """The deployment that serves each of these projects, where one does."""
        rows = await self._database.find_all(_RUNNING_OF, (json.dumps(project_ids),))
        return [deployment_of(row) for row in rows]

    async def unfinished(self) -> list[Deployment]:
        """All that are not final, oldest first."""
        return [deployment_of(row) for row in await self._database.all(_UNFINISHED)]

    async def unfinished_of(self, project_id: str) -> list[Deployment]:
        """Those of a project that are not final, oldest first."""
        rows = await self._database.all(_UNFINISHED_OF_PROJECT, (project_id,))
        return [deployment_of(row) for row in rows]

    async def ids(self) -> frozenset[str]:
        """The ids of all deployments of the box."""
        return frozenset(row["id"] for row in await self._database.all(_IDS))

    async def ended_without_image(self, before: str) -> frozenset[str]:
        """The ids of those that ended before a moment, and that nobody can roll back to."""
        rows = await self._database.all(_ENDED_WITHOUT_IMAGE, (before,))
        return frozenset(row["id"] for row in rows)

    async def numbers(self, ids: Sequence[str]) -> dict[str, int]:
        """The numbers of these deployments in their projects, by id."""
        rows = await self._database.all(_NUMBERS, (json.dumps(ids),))
        return {row["id"]: row["number"] for row in rows}

    async def replica_numbers(self) -> dict[str, set[int]]:
        """The numbers above one of replicas that projects have had, by project."""
        numbers: dict[str, set[int]] = {}
        for row in await self._database.all(_REPLICA_NUMBERS):
            numbers.setdefault(row["project_id"], set()).add(row["number"])
        return numbers

    def _publish(self, deployment: Deployment) -> Deployment:
        self._bus.publish(
            DeploymentChanged(deployment.project_id, deployment.id, deployment.status)
        )
        return deployment


async def _one(transaction: Transaction, query: str, value: str) -> Deployment | None:
    row = await transaction.one(query, (value,))
    return deployment_of(row) if row else None


def _source_of(origin: Origin | None) -> Source:
    match origin:
        case ImageOrigin():
            return Source.IMAGE
        case GitOrigin():
            return Source.GIT
        case ArchiveOrigin() | None:
            return Source.ARCHIVE
