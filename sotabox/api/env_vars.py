"""`/v1/projects/{project}/envs`, one at a time or all at once, and what a release knows of them."""

from collections.abc import Mapping
from typing import Any

from litestar import Request, Response, delete, get, patch, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from sotabox.api.body import decode_map, read_bulk, read_json
from sotabox.api.contract import JSON, TEXT, Answer, Wrap, contract, done, one_of
from sotabox.api.envelope import one
from sotabox.api.query import read_switch
from sotabox.api.schemas import EnvDiffOut, EnvVarIn, EnvVarOut
from sotabox.errors import (
    BadRequest,
    Conflict,
    Detail,
    Invalid,
    NothingRunning,
    UnsupportedMediaType,
)
from sotabox.model import dotenv
from sotabox.operations import env_vars
from sotabox.operations.actor import Actor
from sotabox.web.box import Box


@get(
    "/projects/{project:str}/envs",
    opt=contract(Answer(200, {JSON: EnvVarOut, TEXT: str}, Wrap.LIST)),
)
async def list_env_vars(
    request: Request[Any, Any, Any],
    project: FromPath[str],
    box: NamedDependency[Box],
    actor: NamedDependency[Actor],
    masked: FromQuery[str | None] = None,
) -> Response[bytes]:
    """All variables of a project by key, with their values unless `masked` is set.

    Values are for who may change the project; masked, everybody who sees it sees its variables. As the
    text of a `.env` file for those who ask for text.
    """
    find = env_vars.masked_of if read_switch("masked", masked) else env_vars.of
    found = await find(box.store, actor, project)
    if request.accept.best_match([JSON, TEXT], JSON) == TEXT:
        text = dotenv.render({v.key: v.value for v in found})
        return Response(text.encode(), media_type=TEXT)
    return one([EnvVarOut.of(variable) for variable in found])


@post("/projects/{project:str}/envs", opt=contract(one_of(EnvVarOut), takes=EnvVarIn))
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


@put(
    "/projects/{project:str}/envs",
    opt=contract(one_of(EnvDiffOut), takes={JSON: dict[str, str], TEXT: str}),
)
async def replace_env_vars(
    request: Request[Any, Any, Any],
    project: FromPath[str],
    box: NamedDependency[Box],
    actor: NamedDependency[Actor],
) -> Response[bytes]:
    """Makes the body all variables of the project: a JSON object, or the text of a `.env` file.

    The answer says which keys that has added, changed and removed.
    """
    wanted = await _read_variables(request)
    texts: dict[str, str] = {}
    for key, value in wanted.items():
        if value is None:
            problem = "must be text, not null; what is left out is removed"
            raise Invalid(f"{key[:50]}: {problem}", details=[Detail(key[:50], problem)])
        texts[key] = value
    return one(EnvDiffOut.of(await env_vars.change(box.store, actor, project, texts)))


@patch(
    "/projects/{project:str}/envs",
    opt=contract(one_of(EnvDiffOut), takes={JSON: dict[str, str | None], TEXT: str}),
)
async def merge_env_vars(
    request: Request[Any, Any, Any],
    project: FromPath[str],
    box: NamedDependency[Box],
    actor: NamedDependency[Actor],
) -> Response[bytes]:
    """Sets the variables of the body and leaves the others; null removes one.

    The body is a JSON object, or the text of a `.env` file.
    """
    wanted = await _read_variables(request)
    return one(EnvDiffOut.of(await env_vars.merge(box.store, actor, project, wanted)))


@get(
    "/projects/{project:str}/env-diff",
    opt=contract(one_of(EnvDiffOut), errors=(NothingRunning, Conflict)),
)
async def diff_env_vars(
    project: FromPath[str], box: NamedDependency[Box], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """The keys of variables that differ from those with which the running version was started."""
    running, found = await env_vars.unknown_to_running(box.store, actor, project)
    return one(EnvDiffOut.of(found, running.id))


@delete("/projects/{project:str}/envs/{key:str}", opt=contract(done()))
async def delete_env_var(
    project: FromPath[str],
    key: FromPath[str],
    box: NamedDependency[Box],
    actor: NamedDependency[Actor],
) -> None:
    """Removes a variable."""
    await env_vars.delete(box.store, actor, project, key)


async def _read_variables(request: Request[Any, Any, Any]) -> Mapping[str, str | None]:
    body, kind = await read_bulk(request)
    if kind == JSON:
        return decode_map(body)
    if kind != TEXT:
        raise UnsupportedMediaType(
            f"Variables come as JSON or as text, not as {kind[:100]}",
            hint="Send Content-Type: application/json or text/plain.",
        )
    try:
        return dotenv.parse(body.decode())
    except UnicodeDecodeError as error:
        raise BadRequest("The text is not UTF-8") from error
    except dotenv.Malformed as error:
        where = f"line {error.line}"
        raise Invalid(
            f"{where}: {error.problem}", details=[Detail(where, error.problem)]
        ) from error


ROUTES = [
    list_env_vars,
    put_env_var,
    replace_env_vars,
    merge_env_vars,
    diff_env_vars,
    delete_env_var,
]
