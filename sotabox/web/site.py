"""The application that the server runs: handlers, what they may ask for, and what guards them."""

from collections.abc import Sequence
from typing import Any

from litestar import Litestar, Request
from litestar.di import Provide
from litestar.types import ASGIApp, ControllerRouterHandler

from sotabox.web import failures
from sotabox.web.actor import provide_actor, provide_partner
from sotabox.web.box import Box
from sotabox.web.gate import Gate
from sotabox.web.remembered import Remembered


def build_site(box: Box, routes: Sequence[ControllerRouterHandler]) -> ASGIApp:
    """An ASGI application of `routes` that serves `box`."""
    return open_site(box, route_site(routes))


def route_site(routes: Sequence[ControllerRouterHandler]) -> Litestar:
    """The application before it has a box: routing, which is what takes time to make."""
    return Litestar(
        route_handlers=routes,
        dependencies={
            "box": Provide(_provide_box, sync_to_thread=False),
            "actor": Provide(provide_actor),
            "partner": Provide(provide_partner),
        },
        exception_handlers={Exception: failures.answer},
        openapi_config=None,
        logging_config=None,
        debug=False,
    )


def open_site(box: Box, site: Litestar) -> ASGIApp:
    """Has `site` serve `box`, behind the gate.

    Litestar's own middleware stand behind its routing; the gate has to see what matches no route too.
    """
    site.state.box = box
    return Gate(Remembered(site, box.store.database), box)


def _provide_box(request: Request[Any, Any, Any]) -> Box:
    box: Box = request.app.state.box
    return box
