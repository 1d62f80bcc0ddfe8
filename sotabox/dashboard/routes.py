"""All of the dashboard, for the composition root."""

from collections.abc import Callable
from typing import Any

from litestar import Router
from litestar.di import Provide

from sotabox.assets import folder
from sotabox.dashboard import (
    account,
    audit,
    backups,
    box_page,
    certificates,
    deployment,
    device,
    domains,
    environment,
    events,
    failures,
    login,
    logs,
    members,
    metrics,
    people,
    project,
    projects,
    reference,
    running,
    search,
    settings_page,
    sources,
    static,
    updates,
    upload,
    webhooks,
)
from sotabox.dashboard.assets import Assets
from sotabox.dashboard.site import Site
from sotabox.dashboard.templates import Templates
from sotabox.dashboard.visit import provide_me, provide_visit
from sotabox.operations.caretaking import Caretaking
from sotabox.operations.host import Host
from sotabox.web.box import Box

_PAGES = (
    projects,
    project,
    deployment,
    domains,
    environment,
    logs,
    members,
    metrics,
    running,
    settings_page,
    sources,
    upload,
    webhooks,
    events,
    search,
    box_page,
    people,
    certificates,
    backups,
    audit,
    updates,
    account,
    device,
    reference,
    login,
    static,
    failures,
)


def dashboard_routes(
    box: Box,
    host: Host,
    care: Caretaking,
    *,
    domain: str,
    secure: bool,
    csrf_key: bytes,
    describe_api: Callable[[], dict[str, Any]],
) -> list[Router]:
    """The handlers of every page.

    Args:
        box: whose dashboard it is.
        host: the machine that it runs on.
        care: what looks after the box.
        domain: the name under which the dashboard is reached.
        secure: whether browsers reach it by HTTPS: cookies are kept from anything else then.
        csrf_key: a secret of this box for form tokens.
        describe_api: the OpenAPI document of the API, for its reference.
    """
    assets = Assets(folder("static"))
    site = Site(
        domain=domain,
        secure=secure,
        csrf_key=csrf_key,
        host=host,
        care=care,
        assets=assets,
        templates=Templates(folder("templates"), assets.url),
        describe_api=describe_api,
    )
    router = Router(
        "/",
        route_handlers=[handler for page in _PAGES for handler in page.ROUTES],
        dependencies={
            "site": Provide(lambda: site, use_cache=True, sync_to_thread=False),
            "visit": Provide(provide_visit),
            "me": Provide(provide_me),
        },
        exception_handlers={Exception: failures.answering(box, site)},
    )
    return [router]
