"""`sotabox registries`: credentials by which private images are pulled."""

import argparse
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

from sotabox.cli.columns import columns
from sotabox.cli.connect import add_remote, connect, print_json
from sotabox.cli.failures import DONE
from sotabox.cli.found import find_row
from sotabox.cli.terminal import ask, may_ask
from sotabox.errors import BadRequest

if TYPE_CHECKING:
    from sotabox.cli.remote import Remote

NAME = "registries"
HELP = "Show, add and remove credentials for private images."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    listing = actions.add_parser("list", help="all that you see")
    add = actions.add_parser("add", help="add some, or others for a host")
    add.add_argument("host", metavar="HOST", help="such as registry.example.com")
    add.add_argument("username", metavar="USERNAME")
    add.add_argument(
        "--password-stdin",
        action="store_true",
        help="read the password from standard input, in place of asking",
    )
    add.add_argument("--box", action="store_true", help="for everybody's projects; for admins")
    remove = actions.add_parser("remove", help="forget some")
    remove.add_argument("registry", metavar="REGISTRY", help="host, id, or the beginning of it")
    for action in (listing, add, remove):
        add_remote(action, below=True)
    add_remote(parser)


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    with connect(arguments, environ) as remote:
        match arguments.action:
            case "add":
                _add(remote, arguments)
            case "remove":
                _remove(remote, arguments.registry, as_json=arguments.json)
            case _:
                _list(remote, as_json=arguments.json)
    return DONE


def _add(remote: "Remote", arguments: argparse.Namespace) -> None:
    body = {
        "host": arguments.host,
        "username": arguments.username,
        "password": _password(from_stdin=arguments.password_stdin),
        "scope": "box" if arguments.box else "user",
    }
    registry = remote.call("POST", "/registries", json=body)
    if arguments.json:
        print_json(registry)
    else:
        print(f"Images of {registry['host']} are pulled as {registry['username']}.")


def _password(*, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.read().removesuffix("\n")
    if may_ask():
        return ask("Password: ", hidden=True)
    raise BadRequest("There is nobody to ask for the password", hint="Give it to --password-stdin.")


def _remove(remote: "Remote", ref: str, *, as_json: bool) -> None:
    hint = "sotabox registries lists them."
    registry = find_row(remote.call("GET", "/registries"), ref, "registry", hint, also="host")
    remote.call("DELETE", f"/registries/{registry['id']}")
    if as_json:
        print_json({"deleted": registry["id"]})
    else:
        print(f"The credentials for {registry['host']} are forgotten.")


def _list(remote: "Remote", *, as_json: bool) -> None:
    rows = remote.call("GET", "/registries")
    if as_json:
        for row in rows:
            print_json(row)
    elif rows:
        shown = [
            (
                row["host"],
                row["username"],
                "everybody" if row["scope"] == "box" else "you",
                row["id"],
            )
            for row in rows
        ]
        print(*columns([("HOST", "USERNAME", "FOR", "ID"), *shown]), sep="\n")
    else:
        print("None yet. Add some: sotabox registries add registry.example.com USERNAME")
