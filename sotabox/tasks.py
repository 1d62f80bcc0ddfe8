"""Tasks that somebody began and nobody waits for any more."""

import asyncio
from collections.abc import Iterable
from typing import Any


async def end_tasks(tasks: Iterable[asyncio.Future[Any]]) -> None:
    """Cancels tasks; returns when all have ended, however that was.

    A cancellation that comes meanwhile takes effect then: it is not taken for one of theirs.
    """
    ending = tuple(tasks)
    for task in ending:
        task.cancel()
    await asyncio.gather(*ending, return_exceptions=True)
