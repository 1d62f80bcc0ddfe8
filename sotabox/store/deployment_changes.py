"""What happens to deployments inside of a transaction: the only place where a status changes.

Each change is written with the deliveries that it causes.
"""

import json
from typing import Any, Final

from sotabox.errors import ProjectDeleting, QueueFull
from sotabox.model.deployment import Deployment, Source, Status, predecessors
from sotabox.model.times import now
from sotabox.store.database import Transaction
from sotabox.store.deliveries import announce
from sotabox.store.deployment_rows import DEPLOYMENT, deployment_of, encode
from sotabox.store.idempotency import Once, claim

_PROJECT_OPEN = "SELECT 1 FROM projects WHERE id = ? AND deleting = 0"
_WAITING_COUNT = "SELECT count(*) AS number FROM deployments WHERE status = 'pending'"
_STATUS = "SELECT status FROM deployments WHERE id = ?"
_SUPERSEDE = f"""
    UPDATE deployments SET status = 'stopped', error = :error, updated_at = :now
    WHERE project_id = :project_id AND status = 'pending' RETURNING {DEPLOYMENT}"""
_INSERT = f"""
    INSERT INTO deployments (
        id, project_id, number, status, source, source_deployment_id, image_id, image_tag,
        build_method, framework, plan, port, env_digest, origin, image_bytes, created_by,
        created_at, updated_at)
    SELECT :id, :project_id, coalesce(max(number), 0) + 1, :status, :source, :source_deployment_id,
        :image_id, :image_tag, :build_method, :framework, :plan, :port, :env_digest, :origin,
        :image_bytes, :created_by, :now, :now
    FROM deployments WHERE project_id = :project_id RETURNING {DEPLOYMENT}"""
_MAY_BE_LEFT_OUT: Final = frozenset(
    {"source_deployment_id", "image_id", "image_tag", "build_method", "framework", "plan",
     "port", "env_digest", "origin", "image_bytes"}
)  # fmt: skip
_CHANGEABLE: Final = frozenset(
    {"image_id", "image_tag", "build_method", "framework", "plan", "port", "replicas",
     "error", "hint", "url", "env_digest", "origin", "image_bytes"}
)  # fmt: skip
_AS_JSON: Final = frozenset({"origin", "replicas"})


async def supersede(transaction: Transaction, project_id: str) -> list[Deployment]:
    """Stops what of a project waits for its build."""
    rows = await transaction.all(
        _SUPERSEDE,
        {
            "project_id": project_id,
            "now": now(),
            "error": "Superseded: a newer version was uploaded before this one was built",
        },
    )
    superseded = [deployment_of(row) for row in rows]
    for old in superseded:
        await announce(transaction, Status.PENDING, old)
    return superseded


async def require_room(transaction: Transaction, queue_max: int) -> None:
    """Stops what would wait behind too many.

    Raises:
        QueueFull: `queue_max` wait already.
    """
    waiting = await transaction.only(_WAITING_COUNT)
    if waiting["number"] >= queue_max:
        raise QueueFull(
            f"{queue_max} deployments are waiting already",
            hint="Try again when some of them have been built.",
            retry_after_s=30,
        )


async def insert(transaction: Transaction, *, once: Once | None, **values: Any) -> Deployment:
    """A new deployment of `values`.

    Raises:
        ProjectDeleting: the project is on its way out.
        Repeated: `once` was claimed before.
    """
    if await transaction.one(_PROJECT_OPEN, (values["project_id"],)) is None:
        raise ProjectDeleting("This project is being deleted")
    absent = dict.fromkeys(_MAY_BE_LEFT_OUT)
    row = await transaction.only(_INSERT, {**absent, **_encoded(values), "now": now()})
    deployment = deployment_of(row)
    if once is not None:
        await claim(transaction, once, deployment.id)
    await announce(transaction, None, deployment)
    return deployment


async def insert_again(
    transaction: Transaction,
    id_: str,
    release: Deployment,
    source: Source,
    created_by: str,
    env_digest: str | None,
    once: Once | None = None,
) -> Deployment:
    """A new deployment of the release of an older one; raises as `insert`."""
    return await insert(
        transaction,
        once=once,
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
        origin=release.origin,
        image_bytes=release.image_bytes,
        created_by=created_by,
    )


async def advance(
    transaction: Transaction,
    id_: str,
    status: Status,
    phases: dict[str, int] | None = None,
    changes: dict[str, Any] | None = None,
) -> Deployment | None:
    """Moves a deployment on to `status`; None where it may not go there."""
    before = await transaction.one(_STATUS, (id_,))
    allowed = ", ".join(f"'{before}'" for before in predecessors(status))
    row = await transaction.one(
        f"""UPDATE deployments SET status = :status, updated_at = :now,
            phases = json_patch(phases, :phases){assignments(changes or {})}
            WHERE id = :id AND status IN ({allowed}) RETURNING {DEPLOYMENT}""",
        {
            **_encoded(changes or {}),
            "id": id_,
            "status": status,
            "now": now(),
            "phases": json.dumps(phases or {}),
        },
    )
    if before is None or row is None:
        return None
    deployment = deployment_of(row)
    await announce(transaction, Status(before["status"]), deployment)
    return deployment


async def update(transaction: Transaction, id_: str, changes: dict[str, Any]) -> None:
    """Writes facts about a deployment, which stays where it is."""
    await transaction.execute(
        f"UPDATE deployments SET updated_at = :now{assignments(changes)} WHERE id = :id",
        {**_encoded(changes), "id": id_, "now": now()},
    )


def assignments(changes: dict[str, Any]) -> str:
    """`changes` in a `SET` that has begun, by names of theirs.

    Raises:
        ValueError: one of them is a column that is not changed like that.
    """
    if unknown := changes.keys() - _CHANGEABLE:
        raise ValueError(f"not columns that change: {unknown}")
    return "".join(f", {name} = :{name}" for name in changes)


def _encoded(values: dict[str, Any]) -> dict[str, Any]:
    return values | {name: encode(values[name]) for name in _AS_JSON & values.keys()}
