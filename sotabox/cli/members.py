"""`sotabox members`: who else may work on a project, or look at it."""

import argparse
from collections.abc import Mapping
from typing import TYPE_CHECKING

from sotabox.cli.columns import columns
from sotabox.cli.connect import add_remote, connect, print_json, project_ref
from sotabox.cli.failures import DONE
from sotabox.cli.found import find_row

if TYPE_CHECKING:
    from sotabox.cli.remote import Remote

NAME = "members"
HELP = "Show, add and remove who works on a project."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    listing = actions.add_parser("list", help="all of the project")
    add = actions.add_parser("add", help="add a user of the box, or change their role")
    add.add_argument("email", metavar="EMAIL")
    add.add_argument(
        "--role",
        choices=["member", "viewer"],
        default="member",
        help="member: work on it; viewer: look only (default member)",
    )
    remove = actions.add_parser("remove", help="let somebody out")
    remove.add_argument("email", metavar="EMAIL")
    for action in (listing, add, remove):
        add_remote(action, project=True, below=True)
    add_remote(parser, project=True)


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    with connect(arguments, environ) as remote:
        path = f"/projects/{project_ref(arguments)}/members"
        match arguments.action:
            case "add":
                body = {"email": arguments.email, "role": arguments.role}
                member = remote.call("POST", path, json=body)
                if arguments.json:
                    print_json(member)
                else:
                    print(f"{member['email']} is a {member['role']} of this project.")
            case "remove":
                _remove(remote, path, arguments.email, as_json=arguments.json)
            case _:
                _list(remote, path, as_json=arguments.json)
    return DONE


def _remove(remote: "Remote", path: str, email: str, *, as_json: bool) -> None:
    hint = "sotabox members lists them."
    member = find_row(remote.call("GET", path), email, "member", hint, also="email")
    remote.call("DELETE", f"{path}/{member['user_id']}")
    if as_json:
        print_json({"deleted": member["user_id"]})
    else:
        print(f"{member['email']} is no member any longer.")


def _list(remote: "Remote", path: str, *, as_json: bool) -> None:
    rows = remote.call("GET", path)
    if as_json:
        for row in rows:
            print_json(row)
    elif rows:
        shown = [(row["email"], row["role"], row["created_at"][:10]) for row in rows]
        print(*columns([("EMAIL", "ROLE", "SINCE"), *shown]), sep="\n")
    else:
        print("Only its owner. Add a user of the box: sotabox members add ada@example.com")
