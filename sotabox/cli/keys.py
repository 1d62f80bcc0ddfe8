"""`sotabox keys`: your API keys, from anywhere."""

import argparse
from collections.abc import Mapping
from typing import TYPE_CHECKING

from sotabox.cli.columns import columns
from sotabox.cli.connect import add_remote, connect, print_json
from sotabox.cli.failures import DONE
from sotabox.cli.found import find_row

if TYPE_CHECKING:
    from sotabox.cli.remote import Remote

NAME = "keys"
HELP = "Show, make and revoke your API keys."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    listing = actions.add_parser("list", help="all of yours")
    create = actions.add_parser("create", help="make one; prints it, once")
    create.add_argument("name", metavar="NAME", help="what it is for, such as ci")
    create.add_argument(
        "--expires", metavar="WHEN", help="such as 2027-01-31T00:00:00Z (default: never)"
    )
    revoke = actions.add_parser("revoke", help="take one out of use, at once")
    revoke.add_argument("key", metavar="KEY", help="its id, or its name")
    for action in (listing, create, revoke):
        add_remote(action, below=True)
    add_remote(parser)


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    with connect(arguments, environ) as remote:
        match arguments.action:
            case "create":
                _create(remote, arguments.name, arguments.expires, as_json=arguments.json)
            case "revoke":
                _revoke(remote, arguments.key, as_json=arguments.json)
            case _:
                _list(remote, as_json=arguments.json)
    return DONE


def _create(remote: "Remote", name: str, expires: str | None, *, as_json: bool) -> None:
    body = {"name": name} | ({"expires_at": expires} if expires else {})
    key = remote.call("POST", "/api-keys", json=body)
    if as_json:
        print_json(key)
    else:
        print(key["key"])  # alone, so that a script can keep it


def _revoke(remote: "Remote", ref: str, *, as_json: bool) -> None:
    hint = "sotabox keys lists them."
    key = find_row(remote.call("GET", "/api-keys"), ref, "key", hint, also="name")
    remote.call("DELETE", f"/api-keys/{key['id']}")
    if as_json:
        print_json({"deleted": key["id"]})
    else:
        print(f"The key {key['name']} is out of use.")


def _list(remote: "Remote", *, as_json: bool) -> None:
    rows = remote.call("GET", "/api-keys")
    if as_json:
        for row in rows:
            print_json(row)
        return
    shown = [
        (
            row["name"],
            f"{row['key_prefix']}…",
            (row["last_used_at"] or "never")[:10],
            (row["expires_at"] or "never")[:10],
            row["id"],
        )
        for row in rows
    ]
    print(*columns([("NAME", "KEY", "USED", "EXPIRES", "ID"), *shown]), sep="\n")
