"""`sotabox domains`: an app's own domains, and what to set in DNS for them."""

import argparse
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from sotabox.cli.columns import columns
from sotabox.cli.connect import add_remote, connect, print_json, project_ref
from sotabox.cli.failures import DONE

if TYPE_CHECKING:
    from sotabox.cli.remote import Remote

NAME = "domains"
HELP = "Show, add, check and remove an app's own domains."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    listing = actions.add_parser("list", help="all of the project")
    add = actions.add_parser("add", help="add one; says what to set in DNS")
    get = actions.add_parser("get", help="how one is, and what to set")
    check = actions.add_parser("check", help="have it looked up in DNS now")
    remove = actions.add_parser("remove", help="remove one, at once")
    add.add_argument("--redirect-to", metavar="HOST", help="send its visitors there instead")
    for action in (add, get, check, remove):
        action.add_argument("domain", metavar="DOMAIN")
    for action in (listing, add, get, check, remove):
        add_remote(action, project=True, below=True)
    add_remote(parser, project=True)


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    with connect(arguments, environ) as remote:
        path = f"/projects/{project_ref(arguments)}/domains"
        match arguments.action:
            case "add":
                body = {"domain": arguments.domain}
                if arguments.redirect_to:
                    body["redirect_to"] = arguments.redirect_to
                _show(remote.call("POST", path, json=body), as_json=arguments.json)
            case "get":
                _show(
                    remote.call("GET", f"{path}/{quote(arguments.domain, safe='')}"),
                    as_json=arguments.json,
                )
            case "check":
                one = f"{path}/{quote(arguments.domain, safe='')}"
                _show(remote.call("POST", f"{one}/check"), as_json=arguments.json)
            case "remove":
                remote.call("DELETE", f"{path}/{quote(arguments.domain, safe='')}")
                if arguments.json:
                    print_json({"deleted": arguments.domain})
                else:
                    print(f"{arguments.domain} is removed.")
            case _:
                _list(remote, path, as_json=arguments.json)
    return DONE


def render_described(described: Mapping[str, Any]) -> list[str]:
    """A domain and the records to set for it, as lines."""
    domain, instructions = described["domain"], described["dns_instructions"]
    lines = [f"{domain['domain']}: {domain['status']}"]
    if domain["error_message"]:
        lines.append(f"  {domain['error_message']}")
    if domain["status"] != "active":
        records = instructions.get("records") or [instructions]
        rows = [(record["type"], record["name"], record["value"]) for record in records]
        lines.append("Set in DNS, where the domain is managed:")
        lines += [f"  {line}" for line in columns([("TYPE", "NAME", "VALUE"), *rows])]
        if note := instructions.get("note"):
            lines.append(note)
        lines.append(
            f"The box looks by itself. See how it is: sotabox domains get {domain['domain']}"
        )
    return lines


def _show(described: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(described)
    else:
        print(*render_described(described), sep="\n")


def _list(remote: "Remote", path: str, *, as_json: bool) -> None:
    rows = remote.call("GET", path)
    if as_json:
        for row in rows:
            print_json(row)
    elif rows:
        shown = [(row["domain"], row["status"], row["error_message"] or "") for row in rows]
        print(*columns([("DOMAIN", "STATUS", ""), *shown]), sep="\n")
    else:
        print("No domains of its own yet. Add one: sotabox domains add www.example.com")
