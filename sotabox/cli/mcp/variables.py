"""Tools about an app's variables."""

from typing import Final

from sotabox.cli.mcp.projects import PROJECT
from sotabox.cli.mcp.tool import Argument, Asked, Tool
from sotabox.errors import Forbidden

_HIDDEN: Final = "***"
_NEXT: Final = "The running app sees it after redeploy or deploy."


def _set(asked: Asked) -> str:
    body = {"key": asked.arguments["key"], "value": asked.arguments["value"]}
    asked.remote.call("POST", asked.path("envs"), json=body)
    return f"{asked.arguments['key']} is set. {_NEXT}"


def _get(asked: Asked) -> str:
    path = asked.path("envs")
    try:
        rows = asked.remote.call("GET", path)
    except Forbidden:  # who may look at a project only sees its variables' names
        rows = asked.remote.call("GET", path, params={"masked": "true"})
    lines = [f"{row['key']}={row['value'] or _HIDDEN}" for row in rows]
    return "\n".join(lines) or "No variables are set."


def _delete(asked: Asked) -> str:
    asked.remote.call("DELETE", asked.path("envs", asked.arguments["key"]))
    return f"{asked.arguments['key']} is removed. {_NEXT}"


TOOLS: Final = (
    Tool(
        "set-env",
        "Set a variable",
        "Sets an environment variable of a project, new or not. " + _NEXT,
        (
            PROJECT,
            Argument("key", "Its name, such as DATABASE_URL"),
            Argument("value", "Its value"),
        ),
        _set,
    ),
    Tool(
        "get-env",
        "Get the variables",
        "The environment variables of a project with their values, which may be secret.",
        (PROJECT,),
        _get,
        reads=True,
    ),
    Tool(
        "delete-env",
        "Delete a variable",
        "Removes an environment variable of a project. " + _NEXT,
        (PROJECT, Argument("key", "Its name")),
        _delete,
        destroys=True,
    ),
)
