"""`/metrics`: the box's figures for Prometheus, behind a token of their own; off unless one is set."""

from typing import Any, Final

from litestar import Request, Response, get
from litestar.di import NamedDependency

from sotabox.operations import metrics
from sotabox.web.box import Box

#: Source: Prometheus, exposition formats.
_TYPE: Final = "text/plain; version=0.0.4"


@get("/metrics", include_in_schema=False)
async def show_metrics(
    request: Request[Any, Any, Any], box: NamedDependency[Box]
) -> Response[bytes]:
    """The figures of this moment."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    await metrics.require_token(box.settings, token.strip() if scheme.lower() == "bearer" else "")
    text = await metrics.exposition(box.store, box.settings, box.vitals, box.latest)
    return Response(text.encode(), media_type=_TYPE, headers={"cache-control": "no-store"})


ROUTES = [show_metrics]
