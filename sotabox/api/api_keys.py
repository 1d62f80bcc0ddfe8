"""`/v1/api-keys`."""

from typing import Any

from litestar import Request, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from sotabox.api.body import read_json
from sotabox.api.contract import contract, done, list_of, one_of
from sotabox.api.envelope import one
from sotabox.api.schemas import ApiKeyOut, NewApiKeyIn, NewApiKeyOut
from sotabox.operations import api_keys
from sotabox.operations.actor import Actor
from sotabox.web.box import Box


@post("/api-keys", opt=contract(one_of(NewApiKeyOut, 201), takes=NewApiKeyIn))
async def create_api_key(
    request: Request[Any, Any, Any], box: NamedDependency[Box], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """A new key of the actor; the only answer that holds its text."""
    body = await read_json(request, NewApiKeyIn)
    row, key = await api_keys.create(box.store, actor.user, body.name, body.expires_at)
    shown = NewApiKeyOut(
        id=row.id,
        name=row.name,
        key=key,
        key_prefix=row.key_prefix,
        expires_at=row.expires_at,
        created_at=row.created_at,
    )
    return one(shown, 201)


@get("/api-keys", opt=contract(list_of(ApiKeyOut)))
async def list_api_keys(
    box: NamedDependency[Box], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """The actor's keys; clients ask for them to see whether theirs is valid."""
    return one([ApiKeyOut.of(key) for key in await api_keys.of(box.store, actor)])


@delete("/api-keys/{key:str}", opt=contract(done()))
async def revoke_api_key(
    key: FromPath[str], box: NamedDependency[Box], actor: NamedDependency[Actor]
) -> None:
    """Takes a key out of use."""
    await api_keys.revoke(box.store, actor, key)


ROUTES = [create_api_key, list_api_keys, revoke_api_key]
