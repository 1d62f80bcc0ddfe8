"""The `deployments` table, and the only place where a deployment's status changes."""

import json
import sqlite3
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from sotabox.errors import ProjectDeleting, QueueFull
from sotabox.events import Bus, DeploymentChanged, ProjectChanged
from sotabox.model.crash_loop import CrashLoop
from sotabox.model.deployment import Deployment, Source, Status, predecessors
from sotabox.model.origin import GitOrigin, ImageOrigin, Origin
from sotabox.model.replica import Replica
from sotabox.model.swap import SwapReport
from sotabox.model.times import now
from sotabox.store.database import Database, Transaction
from sotabox.store.deliveries import announce
from sotabox.store.env_snapshots import FORGET as FORGET_SNAPSHOTS
from sotabox.store.git_tokens import KEEP_TOKEN
from sotabox.store.idempotency import Once, claim

_PROJECT_OPEN = "SELECT 1 FROM projects WHERE id = ? AND deleting = 0"
_WAITING_COUNT = "SELECT count(*) AS number FROM deployments WHERE status = 'pending'"
_SUPERSEDE = """
    UPDATE deployments SET status = 'stopped', error = :error, updated_at = :now
    WHERE project_id = :project_id AND status = 'pending' RETURNING *"""
_INSERT = """
    INSERT INTO deployments (
        id, project_id, number, status, source, source_deployment_id, image_id, image_tag,
        build_method, framework, plan, port, env_digest, origin, image_bytes, created_by,
        created_at, updated_at)
    SELECT :id, :project_id, coalesce(max(number), 0) + 1, :status, :source, :source_deployment_id,
        :image_id, :image_tag, :build_method, :framework, :plan, :port, :env_digest, :origin,
        :image_bytes, :created_by, :now, :now
    FROM deployments WHERE project_id = :project_id RETURNING *"""
_GET = "SELECT * FROM deployments WHERE id = ?"
_PAGE = """
    SELECT * FROM deployments WHERE project_id = ? AND number < ? ORDER BY number DESC LIMIT ?"""
_NEWEST_OF = """
    SELECT d.* FROM json_each(?) AS wanted JOIN deployments AS d ON d.project_id = wanted.value
    WHERE d.number = (SELECT max(number) FROM deployments WHERE project_id = wanted.value)"""
_RUNNING_OF = """
    SELECT d.* FROM json_each(?) AS wanted
    JOIN deployments AS d ON d.project_id = wanted.value AND d.status = 'running'"""
_RUNNING = "SELECT * FROM deployments WHERE project_id = ? AND status = 'running'"
_NEWEST_SERVED = """
    SELECT * FROM deployments WHERE project_id = ? AND url IS NOT NULL AND image_id IS NOT NULL
    ORDER BY number DESC LIMIT 1"""
_PREVIOUS_RELEASE = """
    SELECT * FROM deployments
    WHERE project_id = ? AND number < ? AND url IS NOT NULL AND image_id <> ?
    ORDER BY number DESC LIMIT 1"""
_UNFINISHED = """
    SELECT * FROM deployments WHERE status NOT IN ('stopped', 'failed') ORDER BY created_at"""
_UNFINISHED_OF_PROJECT = """
    SELECT * FROM deployments WHERE project_id = ? AND status NOT IN ('stopped', 'failed')
    ORDER BY created_at"""
_IDS = "SELECT id FROM deployments"
_ENDED_WITHOUT_IMAGE = """
    SELECT id FROM deployments
    WHERE status IN ('stopped', 'failed') AND image_id IS NULL AND updated_at < ?"""
_IMAGE_IDS = "SELECT DISTINCT image_id FROM deployments WHERE image_id IS NOT NULL"
_NUMBERS = "SELECT id, number FROM deployments WHERE id IN (SELECT value FROM json_each(?))"
_WITH_IMAGE = """
    SELECT * FROM deployments WHERE project_id = ? AND image_id IS NOT NULL ORDER BY number DESC"""
_FORGET_IMAGE = "UPDATE deployments SET image_id = NULL WHERE project_id = ? AND image_id = ?"
_REPLICA_NUMBERS = """
    SELECT DISTINCT project_id, json_array_length(replicas) AS number FROM deployments
    WHERE json_array_length(replicas) > 1"""
_PAUSE = "UPDATE projects SET paused = 1, updated_at = ? WHERE id = ?"
_RESUME = "UPDATE projects SET paused = 0 WHERE id = ? AND paused = 1"
_NUMBER_MAX: Final = 2**62
_CHANGEABLE: Final = frozenset(
    {"image_id", "image_tag", "build_method", "framework", "plan", "port", "replicas",
     "error", "hint", "url", "env_digest", "origin", "image_bytes"}
)  # fmt: skip
_STATUSES: Final = {str(status): status for status in Status}
_SOURCES: Final = {str(source): source for source in Source}
_PHASES: Final = msgspec.json.Decoder(dict[str, int])
_ORIGIN: Final[msgspec.json.Decoder[Origin]] = msgspec.json.Decoder(Origin)
_SWAP: Final = msgspec.json.Decoder(SwapReport)
_REPLICAS: Final[msgspec.json.Decoder[tuple[Replica, ...]]] = msgspec.json.Decoder(
    tuple[Replica, ...]
)
_CRASH_LOOP: Final = msgspec.json.Decoder(CrashLoop)
_AS_JSON: Final = frozenset({"origin", "replicas"})


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

        Without an `origin` its archive is there already; the token lets us in there.

        Raises:
            QueueFull: `queue_max` others wait already.
            ProjectDeleting: the project is on its way out.
            Repeated: `once` was claimed before; nothing was changed.
        """
        async with self._database.transaction() as transaction:
            superseded = await transaction.all(
                _SUPERSEDE,
                {
                    "project_id": project_id,
                    "now": now(),
                    "error": "Superseded: a newer version was uploaded before this one was built",
                },
            )
            for old in superseded:
                await announce(transaction, Status.PENDING, old)
            waiting = await transaction.only(_WAITING_COUNT)
            if waiting["number"] >= queue_max:
                raise QueueFull(
                    f"{queue_max} deployments are waiting already",
                    hint="Try again when some of them have been built.",
                    retry_after_s=30,
                )
            row = await self._insert(
                transaction,
                id=id_,
                project_id=project_id,
                status=Status.PENDING,
                source=_source_of(origin),
                origin=_encode(origin),
                created_by=created_by,
                once=once,
            )
            if sealed_token is not None:
                await transaction.execute(KEEP_TOKEN, (id_, sealed_token))
        for old in superseded:
            self._publish(_deployment(old))
        return self._publish(_deployment(row)), [_deployment(old) for old in superseded]

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
            row = await self._insert(
                transaction,
                id=id_,
                project_id=release.project_id,
                status=Status.DEPLOYING,
                source=source,
                source_deployment_id=release.id,
                image_id=release.image_id,
                image_tag=release.image_tag,
                build_method=release.build_method,
                framework=release.framework,
                plan=release.plan,
                port=release.port,
                env_digest=env_digest,
                origin=_encode(release.origin),
                image_bytes=release.image_bytes,
                created_by=created_by,
                once=once,
            )
        return self._publish(_deployment(row))

    async def _insert(
        self, transaction: Transaction, *, once: Once | None, **values: Any
    ) -> sqlite3.Row:
        if await transaction.one(_PROJECT_OPEN, (values["project_id"],)) is None:
            raise ProjectDeleting("This project is being deleted")
        absent = dict.fromkeys(
            ("source_deployment_id", "image_id", "image_tag", "build_method", "framework", "plan",
             "port", "env_digest", "origin", "image_bytes")
        )  # fmt: skip
        row = await transaction.only(_INSERT, {**absent, **values, "now": now()})
        if once is not None:
            await claim(transaction, once, row["id"])
        await announce(transaction, None, row)
        return row

    async def advance(
        self, id_: str, status: Status, *, phases: dict[str, int] | None = None, **changes: Any
    ) -> Deployment | None:
        """Moves a deployment on to `status`, with what is known by now.

        Returns:
            The deployment, or None where it may not go there: somebody was faster (a cancel, a
            supersession, a deletion).
        """
        async with self._database.transaction() as transaction:
            row = await _advance(transaction, id_, status, phases or {}, changes)
        return self._publish(_deployment(row)) if row else None

    async def advance_to_running(
        self, id_: str, *, phases: dict[str, int], **changes: Any
    ) -> tuple[Deployment, Deployment | None] | None:
        """The bookkeeping of a swap, as one transaction: `id_` runs, who ran before is stopped.

        Returns:
            Both deployments (the second is None at a project's first); None as for `advance`.
        """
        async with self._database.transaction() as transaction:
            current = await transaction.one(_GET, (id_,))
            if current is None or current["status"] not in predecessors(Status.RUNNING):
                return None
            running = await transaction.one(_RUNNING, (current["project_id"],))
            if running is not None:
                running = await _advance(transaction, running["id"], Status.STOPPED, {}, {})
            row = await _advance(transaction, id_, Status.RUNNING, phases, changes)
            await transaction.execute(_RESUME, (current["project_id"],))
        if row is None:
            return None
        # Nothing is awaited between commit and news: who was committed is always told.
        before = self._publish(_deployment(running)) if running else None
        return self._publish(_deployment(row)), before

    async def pause(self, project_id: str) -> list[Deployment]:
        """Pauses a project: none of its deployments serves, or will; gives those that this ends.

        It lasts until one of its deployments is running again.
        """
        async with self._database.transaction() as transaction:
            await transaction.execute(_PAUSE, (now(), project_id))
            stopped = []
            for row in await transaction.all(_UNFINISHED_OF_PROJECT, (project_id,)):
                serves = row["status"] == Status.RUNNING
                changes = {} if serves else {"error": "The project was paused"}
                stopped.append(await _advance(transaction, row["id"], Status.STOPPED, {}, changes))
        self._bus.publish(ProjectChanged(project_id))
        return [self._publish(_deployment(row)) for row in stopped if row is not None]

    async def record(self, id_: str, **changes: Any) -> None:
        """Notes facts about a deployment without moving it on."""
        async with self._database.transaction() as transaction:
            await _update(transaction, id_, changes)

    async def record_phase(self, id_: str, name: str, duration_ms: int) -> None:
        """Notes how long a phase took."""
        async with self._database.transaction() as transaction:
            await transaction.execute(
                "UPDATE deployments SET phases = json_set(phases, ?, ?) WHERE id = ?",
                (f"$.{name}", duration_ms, id_),
            )

    async def record_swap(self, id_: str, report: SwapReport) -> None:
        """Notes what visitors met at a deployment's swap; the later look is the better one."""
        async with self._database.transaction() as transaction:
            await transaction.execute(
                """UPDATE deployments SET swap_report = :report WHERE id = :id
                    AND coalesce(json_extract(swap_report, '$.ended_at'), '') <= :ended_at""",
                {
                    "report": msgspec.json.encode(report).decode(),
                    "id": id_,
                    "ended_at": report.ended_at,
                },
            )

    async def find(self, id_: str) -> Deployment | None:
        """The deployment of an id."""
        row = await self._database.find(_GET, (id_,))
        return _deployment(row) if row else None

    async def page(self, project_id: str, before: int | None, limit: int) -> list[Deployment]:
        """At most `limit` deployments with a number below `before`, newest first."""
        rows = await self._database.find_all(
            _PAGE, (project_id, _NUMBER_MAX if before is None else before, limit)
        )
        return [_deployment(row) for row in rows]

    async def running(self, project_id: str) -> Deployment | None:
        """The deployment that serves a project."""
        row = await self._database.find(_RUNNING, (project_id,))
        return _deployment(row) if row else None

    async def newest_of(self, project_ids: Sequence[str]) -> list[Deployment]:
        """The newest deployment of each of these projects that has one."""
        rows = await self._database.find_all(_NEWEST_OF, (json.dumps(project_ids),))
        return [_deployment(row) for row in rows]

    async def running_of(self, project_ids: Sequence[str]) -> list[Deployment]:
        """The deployment that serves each of these projects, where one does."""
        rows = await self._database.find_all(_RUNNING_OF, (json.dumps(project_ids),))
        return [_deployment(row) for row in rows]

    async def current_release(self, project_id: str) -> Deployment | None:
        """The deployment whose release a redeploy uses: the running one, else the last that ran."""
        running = await self.running(project_id)
        if running is not None:
            return running
        row = await self._database.one(_NEWEST_SERVED, (project_id,))
        return _deployment(row) if row else None

    async def previous_release(self, current: Deployment) -> Deployment | None:
        """The newest deployment before `current` that served another image."""
        values = (current.project_id, current.number, current.image_id)
        row = await self._database.one(_PREVIOUS_RELEASE, values)
        return _deployment(row) if row else None

    async def unfinished(self) -> list[Deployment]:
        """All that are not final, oldest first."""
        return [_deployment(row) for row in await self._database.all(_UNFINISHED)]

    async def unfinished_of(self, project_id: str) -> list[Deployment]:
        """Those of a project that are not final, oldest first."""
        rows = await self._database.all(_UNFINISHED_OF_PROJECT, (project_id,))
        return [_deployment(row) for row in rows]

    async def ids(self) -> frozenset[str]:
        """The ids of all deployments of the box."""
        return frozenset(row["id"] for row in await self._database.all(_IDS))

    async def ended_without_image(self, before: str) -> frozenset[str]:
        """The ids of those that ended before a moment, and that nobody can roll back to."""
        rows = await self._database.all(_ENDED_WITHOUT_IMAGE, (before,))
        return frozenset(row["id"] for row in rows)

    async def image_ids(self) -> frozenset[str]:
        """The images that some deployment needs."""
        return frozenset(row["image_id"] for row in await self._database.all(_IMAGE_IDS))

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

    async def with_image(self, project_id: str) -> list[Deployment]:
        """A project's deployments that can be rolled back to, newest first."""
        return [_deployment(row) for row in await self._database.all(_WITH_IMAGE, (project_id,))]

    async def forget_image(self, project_id: str, image_id: str) -> None:
        """The image is gone: its deployments can't be rolled back to any more."""
        async with self._database.transaction() as transaction:
            await transaction.execute(_FORGET_IMAGE, (project_id, image_id))
            await transaction.execute(FORGET_SNAPSHOTS, {"project_id": project_id})

    async def replace_image(self, project_id: str, lost_image_id: str, **release: Any) -> None:
        """The release of an image that was lost was built again: all its deployments have it."""
        changes = {"now": now(), "project_id": project_id, "lost": lost_image_id, **release}
        async with self._database.transaction() as transaction:
            await transaction.execute(
                f"""UPDATE deployments SET updated_at = :now{_assignments(release)}
                    WHERE project_id = :project_id AND image_id = :lost""",
                changes,
            )

    def _publish(self, deployment: Deployment) -> Deployment:
        self._bus.publish(
            DeploymentChanged(deployment.project_id, deployment.id, deployment.status)
        )
        return deployment


def _source_of(origin: Origin | None) -> Source:
    match origin:
        case ImageOrigin():
            return Source.IMAGE
        case GitOrigin():
            return Source.GIT
        case None:
            return Source.ARCHIVE


def _encode(value: Origin | tuple[Replica, ...] | None) -> str | None:
    return None if value is None else msgspec.json.encode(value).decode()


def _encoded(changes: dict[str, Any]) -> dict[str, Any]:
    return changes | {name: _encode(changes[name]) for name in _AS_JSON & changes.keys()}


async def _advance(
    transaction: Transaction,
    id_: str,
    status: Status,
    phases: dict[str, int],
    changes: dict[str, Any],
) -> sqlite3.Row | None:
    before = await transaction.one(_GET, (id_,))
    assignments = _assignments(changes)
    allowed = ", ".join(f"'{before}'" for before in predecessors(status))
    row = await transaction.one(
        f"""UPDATE deployments SET status = :status, updated_at = :now,
            phases = json_patch(phases, :phases){assignments}
            WHERE id = :id AND status IN ({allowed}) RETURNING *""",
        {
            **_encoded(changes),
            "id": id_,
            "status": status,
            "now": now(),
            "phases": json.dumps(phases),
        },
    )
    if before is not None and row is not None:
        await announce(transaction, Status(before["status"]), row)
    return row


async def _update(transaction: Transaction, id_: str, changes: dict[str, Any]) -> None:
    await transaction.execute(
        f"UPDATE deployments SET updated_at = :now{_assignments(changes)} WHERE id = :id",
        {**_encoded(changes), "id": id_, "now": now()},
    )


def _assignments(changes: dict[str, Any]) -> str:
    if unknown := changes.keys() - _CHANGEABLE:
        raise ValueError(f"not columns that change: {unknown}")
    return "".join(f", {name} = :{name}" for name in changes)


def _deployment(row: sqlite3.Row) -> Deployment:
    # Column by column: a list has many of these, and a dictionary of all takes twice the time.
    origin, report, loop = row["origin"], row["swap_report"], row["crash_loop"]
    return Deployment(
        id=row["id"],
        project_id=row["project_id"],
        number=row["number"],
        status=_STATUSES[row["status"]],
        source=_SOURCES[row["source"]],
        source_deployment_id=row["source_deployment_id"],
        image_id=row["image_id"],
        image_tag=row["image_tag"],
        build_method=row["build_method"],
        framework=row["framework"],
        plan=row["plan"],
        port=row["port"],
        replicas=_REPLICAS.decode(row["replicas"]),
        error=row["error"],
        hint=row["hint"],
        env_digest=row["env_digest"],
        url=row["url"],
        phases=_PHASES.decode(row["phases"]),
        swap=_SWAP.decode(report) if report else None,
        origin=_ORIGIN.decode(origin) if origin else None,
        image_bytes=row["image_bytes"],
        crash_loop=_CRASH_LOOP.decode(loop) if loop else None,
        created_by=row["created_by"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )
