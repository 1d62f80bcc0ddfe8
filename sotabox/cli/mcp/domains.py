"""Tools about an app's own domains."""

from collections.abc import Mapping
from typing import Any, Final

from sotabox.cli.domains import render_described
from sotabox.cli.mcp.projects import PROJECT
from sotabox.cli.mcp.tool import Argument, Asked, Tool

_DOMAIN: Final = Argument("domain_id", "Id of the domain, or the domain itself", also="domain")


def _add(asked: Asked) -> str:
    body = {"domain": asked.arguments["domain"]}
    return _describe(asked.remote.call("POST", asked.path("domains"), json=body))


def _list(asked: Asked) -> str:
    rows = asked.remote.call("GET", asked.path("domains"))
    lines = [
        f"{row['domain']}: {row['status']}, id {row['id']}"
        + (f"\n  {row['error_message']}" if row["error_message"] else "")
        for row in rows
    ]
    return "\n".join(lines) or "It has no domains of its own."


def _get(asked: Asked) -> str:
    return _describe(asked.remote.call("GET", asked.path("domains", asked.arguments["domain_id"])))


def _remove(asked: Asked) -> str:
    asked.remote.call("DELETE", asked.path("domains", asked.arguments["domain_id"]))
    return f"{asked.arguments['domain_id']} is removed."


def _describe(described: Mapping[str, Any]) -> str:
    return "\n".join([*render_described(described), f"id: {described['domain']['id']}"])


TOOLS: Final = (
    Tool(
        "add-domain",
        "Add a domain",
        "Adds a domain to a project that was deployed, and says which DNS record to set for it.",
        (PROJECT, Argument("domain", "Such as www.example.com")),
        _add,
    ),
    Tool(
        "list-domains",
        "List domains",
        "The domains of a project, and how each is.",
        (PROJECT,),
        _list,
        reads=True,
    ),
    Tool(
        "get-domain",
        "Get a domain",
        "How a domain is, and which DNS record it needs.",
        (PROJECT, _DOMAIN),
        _get,
        reads=True,
    ),
    Tool(
        "remove-domain",
        "Remove a domain",
        "Takes a domain from a project, at once.",
        (PROJECT, _DOMAIN),
        _remove,
        destroys=True,
    ),
)
