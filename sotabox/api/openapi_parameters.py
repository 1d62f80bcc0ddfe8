"""What the parameters of the API mean, and their part of the OpenAPI document (pure)."""

import inspect
import re
from typing import Final, get_args

from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter

from sotabox.api.contract import Contract
from sotabox.api.openapi_shapes import Json

#: A parameter in a path, as Litestar writes it: `{project:str}`.
PATH_PARAMETER: Final = re.compile(r"\{(\w+):\w+\}")

_IN_PATH: Final = {
    "project": "The id of a project, or its slug.",
    "deployment": "The id of a deployment of the project.",
    "domain": "The id of a domain of the project, or the domain itself.",
    "webhook": "The id of a webhook of the project.",
    "delivery": "The id of a delivery of the webhook.",
    "key": "The id of an API key, or the name of a variable.",
    "user": "The id of a user.",
    "id": "The id of a partner.",
    "registry": "The id of a registry's credentials.",
}
_IN_QUERY: Final = {
    "limit": "How many at most: 1 to 100, by default 20; more than 100 means 100.",
    "cursor": "Where to go on: `next_cursor` of the page before.",
    "masked": "1: values are left out.",
    "ansi": "1: colours are kept, as terminals know them.",
    "last_event_id": "Like the header Last-Event-ID, for those who can't send one.",
    "follow": "1: what is printed from now on comes as well, until the container ends.",
    "since": "Only what is later: a time in RFC 3339, or so long ago (30s, 15m, 2h, 7d).",
    "tail": "How many of the last lines: by default 100, at most 10000; or all.",
    "search": "Only lines that hold this text, in any case.",
    "with": "The id of the deployment to compare with.",
    "heir": "The address of the user who gets the projects.",
}
_IN_HEADER: Final = {
    "Idempotency-Key": "Of your choice: the same request with it makes one deployment in 24 hours.",
    "Last-Event-ID": "The id of the last event that was seen: the stream goes on after it.",
}


def describe_parameters(handler: HTTPRouteHandler, contract: Contract) -> list[Json]:
    """All parameters of a route, from path, query and headers.

    Raises:
        KeyError: one has no description here.
    """
    in_path = [name for path in sorted(handler.paths) for name in PATH_PARAMETER.findall(path)]
    in_query = [
        extra.name or name
        for name, parameter in inspect.signature(handler.fn).parameters.items()
        for extra in get_args(parameter.annotation)
        if isinstance(extra, QueryParameter)
    ]
    text = {"type": "string"}
    return [
        *(
            {"name": n, "in": "path", "required": True, "description": _IN_PATH[n], "schema": text}
            for n in dict.fromkeys(in_path)
        ),
        *(
            {"name": n, "in": "query", "description": _IN_QUERY[n], "schema": text}
            for n in in_query
        ),
        *(
            {"name": n, "in": "header", "description": _IN_HEADER[n], "schema": text}
            for n in contract.headers
        ),
    ]
