"""A row of the `deployments` table, and the `Deployment` that it holds."""

import sqlite3
from typing import Final

import msgspec

from sotabox.model.crash_loop import CrashLoop
from sotabox.model.deployment import Deployment, Source, Status
from sotabox.model.origin import Origin
from sotabox.model.replica import Replica
from sotabox.model.swap import SwapReport

_NAMES: Final = (
    "id", "project_id", "number", "status", "source", "source_deployment_id",
    "image_id", "image_tag", "build_method", "framework", "plan", "port", "replicas",
    "error", "hint", "env_digest", "url", "phases", "swap_report", "origin", "image_bytes",
    "crash_loop", "created_by", "created_at", "updated_at",
)  # fmt: skip

#: What `deployment_of` takes, in its order: for `SELECT` and `RETURNING`.
COLUMNS: Final = ", ".join(f"deployments.{name}" for name in _NAMES)

_STATUSES: Final = {str(status): status for status in Status}
_SOURCES: Final = {str(source): source for source in Source}
_PHASES: Final = msgspec.json.Decoder(dict[str, int])
_ORIGIN: Final[msgspec.json.Decoder[Origin]] = msgspec.json.Decoder(Origin)
_SWAP: Final = msgspec.json.Decoder(SwapReport)
_REPLICAS: Final[msgspec.json.Decoder[tuple[Replica, ...]]] = msgspec.json.Decoder(
    tuple[Replica, ...]
)
_CRASH_LOOP: Final = msgspec.json.Decoder(CrashLoop)


def deployment_of(row: sqlite3.Row) -> Deployment:
    """The deployment in a row of `COLUMNS`."""
    # By position: a list has many of these, and 25 looks for a name take three times as long.
    (
        id_, project_id, number, status, source, source_deployment_id,
        image_id, image_tag, build_method, framework, plan, port, replicas,
        error, hint, env_digest, url, phases, swap, origin, image_bytes,
        crash_loop, created_by, created_at, updated_at,
    ) = row  # fmt: skip
    return Deployment(
        id=id_,
        project_id=project_id,
        number=number,
        status=_STATUSES[status],
        source=_SOURCES[source],
        source_deployment_id=source_deployment_id,
        image_id=image_id,
        image_tag=image_tag,
        build_method=build_method,
        framework=framework,
        plan=plan,
        port=port,
        replicas=_REPLICAS.decode(replicas),
        error=error,
        hint=hint,
        env_digest=env_digest,
        url=url,
        phases=_PHASES.decode(phases),
        swap=_SWAP.decode(swap) if swap else None,
        origin=_ORIGIN.decode(origin) if origin else None,
        image_bytes=image_bytes,
        crash_loop=_CRASH_LOOP.decode(crash_loop) if crash_loop else None,
        created_by=created_by,
        created_at=created_at,
        updated_at=updated_at,
    )


def encode(value: Origin | tuple[Replica, ...] | SwapReport | None) -> str | None:
    """A value of ours as its column holds it."""
    return None if value is None else msgspec.json.encode(value).decode()
