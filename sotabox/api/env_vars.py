"""`/v1/projects/{project}/envs`."""

from typing import Any

from litestar import Request, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from sotabox.api.body import read_json
from sotabox.api.envelope import one
from sotabox.api.query import read_switch
from sotabox.api.schemas import EnvVarIn, EnvVarOut
from sotabox.operations import env_vars
from sotabox.operations.actor import Actor
from sotabox.web.box import Box


@get("/projects/{project:str}/envs")
async def list_env_vars(
    project: FromPath[str],
    box: NamedDependency[Box],
    actor: NamedDependency[Actor],
    masked: FromQuery[str | None] = None,
) -> Response[bytes]:
    """All variables of a project by key, with their values unless `masked` is set."""
    hide = read_switch("masked", masked)
    found = await env_vars.of(box.store, actor, project)
    return one([EnvVarOut.of(variable, masked=hide) for variable in found])


@post("/projects/{project:str}/envs")
async def put_env_var(
    request: Request[Any, Any, Any],
    project: FromPath[str],
    box: NamedDependency[Box],
    actor: NamedDependency[Actor],
) -> Response[bytes]:
    """Sets a variable, new or not; the next deployment sees it."""
    body = await read_json(request, EnvVarIn)
    variable = await env_vars.put(box.store, actor, project, body.key, body.value, body.target)
    return one(EnvVarOut.of(variable))


@delete("/projects/{project:str}/envs/{key:str}")
async def delete_env_var(
    project: FromPath[str],
    key: FromPath[str],
    box: NamedDependency[Box],
    actor: NamedDependency[Actor],
) -> None:
    """Removes a variable."""
    await env_vars.delete(box.store, actor, project, key)


ROUTES = [list_env_vars, put_env_var, delete_env_var]
