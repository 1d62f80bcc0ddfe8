"""All of the API, for the composition root."""

from typing import Any, Final

from litestar import Router
from litestar.types import ControllerRouterHandler

from sotabox import __version__
from sotabox.api import (
    api_keys,
    ask,
    audit,
    commands,
    deployments,
    device_login,
    differences,
    domains,
    env_vars,
    feed,
    health,
    logs,
    members,
    metrics,
    partners,
    project_settings,
    projects,
    registries,
    running,
    runtime_logs,
    session,
    users,
    webhooks,
)
from sotabox.api.document import document_route
from sotabox.api.openapi import render_openapi
from sotabox.web.gate import API_PREFIX

_ABOUT: Final = (
    "Everything that a box does. Wherever a project's id stands, its slug will do; "
    "fields may be added, and none is ever taken away."
)

_RESOURCES = (
    projects,
    project_settings,
    members,
    env_vars,
    domains,
    deployments,
    differences,
    running,
    runtime_logs,
    commands,
    logs,
    webhooks,
    feed,
    api_keys,
    device_login,
    session,
    users,
    partners,
    registries,
    audit,
)


def api_routes() -> list[ControllerRouterHandler]:
    """The handlers of `/v1`, and those that tell a monitor how the box is."""
    handlers = [handler for resource in _RESOURCES for handler in resource.ROUTES]
    handlers.append(document_route(openapi))
    return [
        Router(API_PREFIX, route_handlers=handlers),
        *health.ROUTES,
        *metrics.ROUTES,
        *ask.ROUTES,
    ]


def openapi() -> dict[str, Any]:
    """The description of all that clients may ask for; what Caddy asks is between it and us."""
    handlers = [handler for resource in _RESOURCES for handler in resource.ROUTES]
    handlers.append(document_route(dict))
    known = [(API_PREFIX, handler) for handler in handlers]
    known += [("", handler) for handler in health.ROUTES]
    return render_openapi(known, __version__, _ABOUT)
