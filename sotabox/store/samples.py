"""The `samples` table: what apps used, in three resolutions at once.

A sample is added to the row of its half minute, of its five minutes and of its hour. So nothing has
ever to be summed up later, and each app has a bounded number of rows.
"""

import sqlite3
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from sotabox.events import Bus, Sampled
from sotabox.model.replica import Replica
from sotabox.model.sample import (
    GLANCE_S,
    GLANCE_STEP_S,
    LATENCY_BOUNDS_MS,
    RINGS,
    Glance,
    Sample,
    Span,
)
from sotabox.store.database import Database

_FIGURES: Final = ("seconds", "cpu_ms", "ok", "redirect", "client_error", "server_error",
                   "duration_ms", "slow", "received_bytes", "sent_bytes")  # fmt: skip
_WITHIN: Final = tuple(f"within_{bound_ms}ms" for bound_ms in LATENCY_BOUNDS_MS)
_SUMMED: Final = (*_FIGURES, *_WITHIN)
_PLAIN: Final = ("project_id", "memory_bytes", *_FIGURES)
#: Each column, and where its value is in a sample's JSON.
_PATHS: Final = {column: f"$.{column}" for column in _PLAIN} | {
    column: f"$.within[{index}]" for index, column in enumerate(_WITHIN)
}
_ADD: Final = f"""
    INSERT INTO samples (step_s, at, {", ".join(_PATHS)})
    SELECT :step_s, :at, {", ".join(f"json_extract(value, '{path}')" for path in _PATHS.values())}
    FROM json_each(:rows) JOIN projects ON projects.id = json_extract(value, '$.project_id')
    WHERE true
    ON CONFLICT (project_id, step_s, at) DO UPDATE SET
        {", ".join(f"{column} = {column} + excluded.{column}" for column in _SUMMED)},
        memory_bytes = max(memory_bytes, excluded.memory_bytes)"""
_FORGET: Final = "DELETE FROM samples WHERE step_s = ? AND at < ?"
_SERIES: Final = """
    SELECT * FROM samples WHERE project_id = ? AND step_s = ? AND at >= ? ORDER BY at"""
_GLANCES: Final = """
    SELECT project_id, at, coalesce(cpu_ms / 1000.0 / nullif(seconds, 0), 0), memory_bytes
    FROM json_each(?) AS wanted JOIN samples ON project_id = wanted.value
    WHERE step_s = ? AND at >= ? ORDER BY at"""
_SERVING: Final = """
    SELECT p.id, p.slug, d.replicas FROM deployments AS d JOIN projects AS p ON p.id = d.project_id
    WHERE d.status = 'running' AND d.replicas <> '[]'"""
_DOMAINS: Final = "SELECT domain, project_id FROM domains"
_OUTCOMES: Final = "SELECT status, count(*) AS number FROM deployments GROUP BY status"
_PHASES: Final = """
    SELECT phase.key AS phase, count(*) AS number, sum(phase.value) AS duration_ms
    FROM deployments, json_each(deployments.phases) AS phase GROUP BY phase.key"""


class Samples:
    """Figures of apps over time, and of the box at this moment."""

    def __init__(self, database: Database, bus: Bus) -> None:
        self._database = database
        self._bus = bus
        self._forgotten_at = 0

    async def add(self, moment: int, samples: Sequence[Sample]) -> None:
        """Adds what was seen in the time before `moment` (unix seconds); forgets what is too old."""
        rows = msgspec.json.encode(samples).decode()
        hour = moment - moment % 3600
        async with self._database.transaction() as transaction:
            for ring in RINGS.values():
                at = moment - moment % ring.step_s
                values: dict[str, Any] = {"step_s": ring.step_s, "at": at, "rows": rows}
                await transaction.execute(_ADD, values)
                if hour != self._forgotten_at:
                    await transaction.execute(_FORGET, (ring.step_s, moment - ring.kept_s))
        self._forgotten_at = hour
        self._bus.publish(Sampled())

    async def series(self, project_id: str, span: Span, now: int) -> list[Sample]:
        """A project's samples of a span, oldest first; times without any have no entry."""
        ring = RINGS[span]
        rows = await self._database.all(_SERIES, (project_id, ring.step_s, now - ring.kept_s))
        return [_sample(row) for row in rows]

    async def glances(self, project_ids: Sequence[str], now: int) -> dict[str, list[Glance]]:
        """The last hour of several projects, oldest first, by project."""
        values = (msgspec.json.encode(project_ids).decode(), GLANCE_STEP_S, now - GLANCE_S)
        found: dict[str, list[Glance]] = {}
        for project_id, at, cores, memory_bytes in await self._database.all(_GLANCES, values):
            found.setdefault(project_id, []).append(Glance(at, cores, memory_bytes))
        return found

    async def serving(self) -> list[tuple[str, str, tuple[str, ...]]]:
        """What runs: project's id, its slug, the ids of its containers."""
        rows = await self._database.all(_SERVING)
        return [
            (row["id"], row["slug"], tuple(replica.container_id for replica in replicas))
            for row in rows
            for replicas in [msgspec.json.decode(row["replicas"], type=tuple[Replica, ...])]
        ]

    async def domains(self) -> dict[str, str]:
        """The project of each custom domain."""
        return {row["domain"]: row["project_id"] for row in await self._database.all(_DOMAINS)}

    async def outcomes(self) -> dict[str, int]:
        """How many deployments there are, by status."""
        return {row["status"]: row["number"] for row in await self._database.all(_OUTCOMES)}

    async def phases(self) -> dict[str, tuple[int, int]]:
        """How often each phase of a deployment was gone through, and the milliseconds it took."""
        rows = await self._database.all(_PHASES)
        return {row["phase"]: (row["number"], row["duration_ms"]) for row in rows}


def _sample(row: sqlite3.Row) -> Sample:
    plain = {column: row[column] for column in _PLAIN}
    return Sample(at=row["at"], within=tuple(row[column] for column in _WITHIN), **plain)
