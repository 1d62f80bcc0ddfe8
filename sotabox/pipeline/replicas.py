"""The candidates of one deployment: all of them are fit to serve, or none serves."""

import asyncio
from collections.abc import Coroutine, Iterable, Sequence
from typing import Any

from sotabox.engine.spec import ContainerRequest
from sotabox.model.replica import Replica
from sotabox.pipeline.candidate import Candidate, Candidates
from sotabox.pipeline.failure import DeploymentFailed
from sotabox.tasks import end_tasks

#: Started side by side, each a container of its own.
Started = tuple[Candidate, ...]


def replicas_of(candidates: Iterable[Candidate]) -> tuple[Replica, ...]:
    """What the store keeps of candidates once they serve."""
    return tuple(Replica(candidate.container_id, candidate.address) for candidate in candidates)


async def start_all(candidates: Candidates, requests: Sequence[ContainerRequest]) -> Started:
    """Running containers, one for each request.

    Raises:
        DeploymentFailed: one can't be run; nothing is left of any.
    """
    starts = [asyncio.create_task(candidates.start(request)) for request in requests]
    try:
        return tuple(await asyncio.gather(*starts))
    except BaseException:
        await end_tasks(starts)
        done = [start for start in starts if not start.cancelled() and start.exception() is None]
        await discard_all(candidates, tuple(start.result() for start in done))
        raise
    finally:
        candidates.release(requests)


async def discard_all(candidates: Candidates, started: Started) -> None:
    """Removes containers that never served."""
    await asyncio.gather(*(candidates.discard(candidate.container_id) for candidate in started))


async def all_healthy(checks: Sequence[Coroutine[Any, Any, None]]) -> None:
    """Returns when every replica has passed its check; the first that fails ends the others.

    Raises:
        DeploymentFailed: names the replica, where there are several.
    """
    if len(checks) == 1:
        await checks[0]
        return
    tasks = [asyncio.create_task(_named(check, n)) for n, check in enumerate(checks, start=1)]
    try:
        await asyncio.gather(*tasks)
    finally:
        await end_tasks(tasks)


async def _named(check: Coroutine[Any, Any, None], ordinal: int) -> None:
    try:
        await check
    except DeploymentFailed as failure:
        failure.reason = f"Replica {ordinal}: {failure.reason}"
        raise
