"""All of the API, for the composition root."""

from litestar import Router
from litestar.types import ControllerRouterHandler

from sotabox.api import (
    api_keys,
    ask,
    commands,
    deployments,
    device_login,
    domains,
    env_vars,
    feed,
    health,
    logs,
    members,
    partners,
    project_settings,
    projects,
    registries,
    running,
    runtime_logs,
    users,
    webhooks,
)
from sotabox.web.gate import API_PREFIX

_RESOURCES = (
    projects,
    project_settings,
    members,
    env_vars,
    domains,
    deployments,
    running,
    runtime_logs,
    commands,
    logs,
    webhooks,
    feed,
    api_keys,
    device_login,
    users,
    partners,
    registries,
)


def api_routes() -> list[ControllerRouterHandler]:
    """The handlers of `/v1`, and those that tell a monitor how the box is."""
    handlers = [handler for resource in _RESOURCES for handler in resource.ROUTES]
    return [Router(API_PREFIX, route_handlers=handlers), *health.ROUTES, *ask.ROUTES]
