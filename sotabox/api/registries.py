"""`/v1/registries`: credentials by which pulls and builds are let in."""

from typing import Any

from litestar import Request, Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from sotabox.api.body import read_json
from sotabox.api.contract import contract, done, list_of, one_of
from sotabox.api.envelope import one
from sotabox.api.source_schemas import NewRegistryIn, RegistryChangeIn, RegistryOut
from sotabox.errors import Conflict
from sotabox.operations import registries
from sotabox.operations.actor import Actor
from sotabox.web.box import Box


@post(
    "/registries", opt=contract(one_of(RegistryOut, 201), takes=NewRegistryIn, errors=(Conflict,))
)
async def create_registry(
    request: Request[Any, Any, Any], box: NamedDependency[Box], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """New credentials; their password is never shown again."""
    body = await read_json(request, NewRegistryIn)
    made = await registries.create(
        box.store, actor, body.host, body.username, body.password, for_box=body.scope == "box"
    )
    return one(RegistryOut.of(made), 201)


@get("/registries", opt=contract(list_of(RegistryOut)))
async def list_registries(
    box: NamedDependency[Box], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """One's own by host; an admin sees the box's as well."""
    return one([RegistryOut.of(found) for found in await registries.of(box.store, actor)])


@get("/registries/{registry:str}", opt=contract(one_of(RegistryOut)))
async def get_registry(
    registry: FromPath[str], box: NamedDependency[Box], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """One, without its password."""
    return one(RegistryOut.of(await registries.get(box.store, actor, registry)))


@patch("/registries/{registry:str}", opt=contract(one_of(RegistryOut), takes=RegistryChangeIn))
async def change_registry(
    request: Request[Any, Any, Any],
    registry: FromPath[str],
    box: NamedDependency[Box],
    actor: NamedDependency[Actor],
) -> Response[bytes]:
    """Sets name or password; the host stays."""
    body = await read_json(request, RegistryChangeIn)
    changed = await registries.change(
        box.store, actor, registry, username=body.username, password=body.password
    )
    return one(RegistryOut.of(changed))


@delete("/registries/{registry:str}", opt=contract(done()))
async def delete_registry(
    registry: FromPath[str], box: NamedDependency[Box], actor: NamedDependency[Actor]
) -> None:
    """Forgets credentials."""
    await registries.delete(box.store, actor, registry)


ROUTES = [create_registry, list_registries, get_registry, change_registry, delete_registry]
