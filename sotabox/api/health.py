"""Whether the box lives (`/healthz`) and works (`/readyz`), for monitors; needs no key."""

import asyncio
from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency

from sotabox.api.contract import contract, one_of
from sotabox.api.envelope import one
from sotabox.errors import Unavailable
from sotabox.operations import health
from sotabox.web.box import Box


@get("/healthz", opt=contract(one_of(dict[str, Any])))
async def is_alive() -> Response[bytes]:
    """The process answers."""
    return one({"status": "ok"})


@get("/readyz", opt=contract(one_of(dict[str, Any])))
async def is_ready(box: NamedDependency[Box]) -> Response[bytes]:
    """It can take requests: its database answers, and it is not about to stop.

    A failing backup is told, and makes it no less ready: no request would be better for that.
    """
    if box.closing.is_set():
        raise Unavailable("This box is about to stop")
    await health.check(box.store)
    backup = await asyncio.to_thread(health.backup_state, box.settings, box.store.folders)
    return one({"status": "ready", "backup": backup})


ROUTES = [is_alive, is_ready]
