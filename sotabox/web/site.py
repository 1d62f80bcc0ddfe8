"""The application that the server runs: handlers, what they may ask for, and what guards them."""

from collections.abc import Sequence

from litestar import Litestar
from litestar.di import Provide
from litestar.types import ControllerRouterHandler

from sotabox.web import failures
from sotabox.web.actor import provide_actor, provide_partner
from sotabox.web.box import Box
from sotabox.web.gate import Gate


def build_site(box: Box, routes: Sequence[ControllerRouterHandler]) -> Litestar:
    """An ASGI application of `routes`, whose handlers may take the dependencies of below."""
    site = Litestar(
        route_handlers=routes,
        dependencies={
            "box": Provide(lambda: box, use_cache=True, sync_to_thread=False),
            "actor": Provide(provide_actor),
            "partner": Provide(provide_partner),
        },
        exception_handlers={Exception: failures.answer},
        openapi_config=None,
        logging_config=None,
        debug=False,
    )
    # Litestar's middleware stand behind its routing; the gate has to see what matches no route too.
    site.asgi_handler = Gate(site.asgi_handler, box)
    return site
