"""All of the API, for the composition root."""

from litestar import Router
from litestar.types import ControllerRouterHandler

from sotabox.api import api_keys, ask, deployments, domains, env_vars, health, logs, projects
from sotabox.web.gate import API_PREFIX

_RESOURCES = (projects, env_vars, domains, deployments, logs, api_keys)


def api_routes() -> list[ControllerRouterHandler]:
    """The handlers of `/v1`, and those that tell a monitor how the box is."""
    handlers = [handler for resource in _RESOURCES for handler in resource.ROUTES]
    return [Router(API_PREFIX, route_handlers=handlers), *health.ROUTES, *ask.ROUTES]
