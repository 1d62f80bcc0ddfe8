"""Whether the box lives (`/healthz`) and works (`/readyz`), for monitors; needs no key."""

from litestar import Response, get
from litestar.di import NamedDependency

from sotabox.api.envelope import one
from sotabox.errors import Unavailable
from sotabox.operations import health
from sotabox.web.box import Box


@get("/healthz")
async def is_alive() -> Response[bytes]:
    """The process answers."""
    return one({"status": "ok"})


@get("/readyz")
async def is_ready(box: NamedDependency[Box]) -> Response[bytes]:
    """It can take requests: its database answers, and it is not about to stop."""
    if box.closing.is_set():
        raise Unavailable("This box is about to stop")
    await health.check(box.store)
    return one({"status": "ready"})


ROUTES = [is_alive, is_ready]
