"""The OpenAPI document: made from the routes' own signatures, docstrings and contracts (pure).

Source: OpenAPI 3.1.1, whose schemas are JSON Schema 2020-12, as msgspec writes them.
"""

import inspect
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec
from litestar.handlers import HTTPRouteHandler

from sotabox.api.contract import EVENTS, FORM, JSON, KEY, Answer, Contract, Wrap
from sotabox.api.openapi_parameters import PATH_PARAMETER, describe_parameters
from sotabox.api.openapi_shapes import ERROR, EVENT, PAGINATION, Json
from sotabox.errors import (
    BadRequest,
    DiskFull,
    Forbidden,
    Internal,
    Invalid,
    NotFound,
    RateLimited,
    SotaboxError,
    TooLarge,
    Unauthorized,
    Unavailable,
    UnsupportedMediaType,
)

_REF: Final = "#/components/schemas/{name}"
_SEEN_BY_A_USER: Final = frozenset({"actor", "partner"})  # dependencies that need a key
_ALWAYS: Final = (BadRequest, RateLimited, Internal, Unavailable, DiskFull)


def render_openapi(
    handlers: Iterable[tuple[str, HTTPRouteHandler]], version: str, description: str
) -> Json:
    """The whole document.

    Args:
        handlers: each with the prefix of its paths.
        version: of sotabox.
        description: of the API, in Markdown.

    Raises:
        LookupError: a route has no contract, or a parameter no description.
    """
    handlers = list(handlers)
    components = _Components(handler for _, handler in handlers)
    paths: dict[str, Json] = {}
    for prefix, handler in handlers:
        for path in sorted(handler.paths):
            shown = prefix + PATH_PARAMETER.sub(r"{\1}", path)
            for method in sorted(handler.http_methods):
                paths.setdefault(shown, {})[method.lower()] = _operation(handler, components)
    return {
        "openapi": "3.1.1",
        "info": {"title": "sotabox", "version": version, "description": description},
        "paths": dict(sorted(paths.items())),
        "components": {
            "responses": dict(sorted(components.responses.items())),
            "schemas": dict(sorted(components.schemas.items())),
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
    }


def contract_of(handler: HTTPRouteHandler) -> Contract:
    """What a route declares.

    Raises:
        LookupError: nothing.
    """
    found = handler.opt.get(KEY)
    if isinstance(found, Contract):
        return found
    raise LookupError(f"{handler.fn.__name__} declares no contract")


class _Components:
    """The schemas of all types, and the responses of all errors, that occur; each once."""

    def __init__(self, handlers: Iterable[HTTPRouteHandler]) -> None:
        contracts = [contract_of(handler) for handler in handlers]
        kinds = [kind for c in contracts for kind in c.takes.values()]
        kinds += [
            kind for c in contracts for answer in c.answers for kind in answer.content.values()
        ]
        self._kinds = list(dict.fromkeys(kind for kind in kinds if kind is not bytes))
        refs, schemas = msgspec.json.schema_components(self._kinds, ref_template=_REF)
        self._refs = dict(zip(self._kinds, refs, strict=True))
        self.schemas = {name: _tidy(schema) for name, schema in schemas.items()}
        self.responses: dict[str, Json] = {}
        self.schemas |= {"Error": ERROR, "Pagination": PAGINATION}

    def of(self, kind: Any) -> Json:
        return dict(self._refs[kind])

    def failure(self, status: int, codes: Sequence[str]) -> Json:
        """The response of an error with one of `codes`; routes that fail alike share it."""
        name = "_".join([str(status), *codes])
        self.responses[name] = _failure(codes)
        return {"$ref": f"#/components/responses/{name}"}


def _operation(handler: HTTPRouteHandler, components: _Components) -> Json:
    contract = contract_of(handler)
    takes_key = not _SEEN_BY_A_USER.isdisjoint(inspect.signature(handler.fn).parameters)
    summary, _, more = inspect.cleandoc(handler.fn.__doc__ or "").partition("\n")
    operation: Json = {
        "operationId": handler.fn.__name__,
        "tags": [handler.fn.__module__.rpartition(".")[2].replace("_", " ")],
        "summary": summary.removesuffix("."),
        "security": [{"key": []}] if takes_key else [],
        "responses": _responses(handler, contract, components, takes_key=takes_key),
    }
    if more.strip():
        operation["description"] = more.strip()
    if parameters := describe_parameters(handler, contract):
        operation["parameters"] = parameters
    if contract.takes:
        operation["requestBody"] = _body(contract.takes, components)
    return operation


def _body(takes: Mapping[str, Any], components: _Components) -> Json:
    content = {}
    for media_type, kind in takes.items():
        if media_type == FORM:
            file = {"type": "string", "contentMediaType": "application/gzip"}
            schema: Json = {
                "type": "object",
                "properties": {"archive": file},
                "required": ["archive"],
            }
        else:
            schema = components.of(kind)
        content[media_type] = {"schema": schema}
    return {"required": not _may_be_empty(takes), "content": content}


def _may_be_empty(takes: Mapping[str, Any]) -> bool:
    """Whether a body says nothing that isn't said without it."""
    kind = takes.get(JSON) if len(takes) == 1 else None
    return (
        isinstance(kind, type)
        and issubclass(kind, msgspec.Struct)
        and all(not field.required for field in msgspec.structs.fields(kind))
    )


def _responses(
    handler: HTTPRouteHandler, contract: Contract, components: _Components, *, takes_key: bool
) -> Json:
    responses: Json = {
        str(answer.status): _success(answer, components) for answer in contract.answers
    }
    errors: list[type[SotaboxError]] = [*_ALWAYS, *contract.errors]
    if takes_key:
        errors += [Unauthorized, Forbidden]
    if any("{" in path for path in handler.paths):
        errors.append(NotFound)
    if contract.takes:
        errors += [TooLarge, UnsupportedMediaType, Invalid]
    by_status: dict[int, set[str]] = {}
    for error in errors:
        by_status.setdefault(error.status, set()).add(error.code)
    responses |= {
        str(status): components.failure(status, sorted(codes))
        for status, codes in by_status.items()
    }
    return dict(sorted(responses.items()))


def _success(answer: Answer, components: _Components) -> Json:
    if not answer.content:
        return {"description": "Done."}
    content = {}
    for media_type, kind in answer.content.items():
        schema = EVENT if media_type == EVENTS else components.of(kind)
        content[media_type] = {
            "schema": _wrapped(schema, answer.wrap) if media_type == JSON else schema
        }
    return {"description": _WORDS[answer.status], "content": content}


_WORDS: Final = {200: "Done.", 201: "Made.", 202: "Accepted; the work goes on after the answer."}


def _wrapped(schema: Json, wrap: Wrap) -> Json:
    if wrap is Wrap.BARE:
        return schema
    data = schema if wrap is Wrap.ONE else {"type": "array", "items": schema}
    properties = {"data": data}
    if wrap is Wrap.PAGE:
        properties["pagination"] = {"$ref": _REF.format(name="Pagination")}
    return {"type": "object", "properties": properties, "required": list(properties)}


def _failure(codes: Sequence[str]) -> Json:
    schema = {
        "allOf": [
            {"$ref": _REF.format(name="Error")},
            {"properties": {"error": {"properties": {"code": {"enum": list(codes)}}}}},
        ]
    }
    return {
        "description": ", ".join(f"`{code}`" for code in codes),
        "content": {JSON: {"schema": schema}},
    }


def _tidy(schema: Json) -> Json:
    """A schema whose description has no indentation of our source."""
    if "description" in schema:
        schema = {**schema, "description": inspect.cleandoc(schema["description"])}
    return schema
