"""Work that a cancellation must not cut in two."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

_T = TypeVar("_T")


async def uninterrupted(work: Coroutine[Any, Any, _T]) -> _T:
    """What `work` gives; a cancellation that comes meanwhile takes effect at the next await after it.

    So whoever is cancelled never has to guess whether the work was done. `work` bounds its own time.
    """
    task = asyncio.ensure_future(work)
    interrupted = False
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError:
            interrupted = True
    current = asyncio.current_task()
    if interrupted and current is not None:
        # Asked again in place of the request that was held back: time-outs count them.
        current.uncancel()
        current.cancel()
    return task.result()
