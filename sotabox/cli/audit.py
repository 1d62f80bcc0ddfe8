"""`sotabox audit`: who did what on the box, for its admins."""

import argparse
from collections.abc import Mapping
from itertools import islice
from typing import TYPE_CHECKING

from sotabox.cli.columns import columns
from sotabox.cli.connect import add_remote, connect, print_json
from sotabox.cli.failures import DONE, FAILED

if TYPE_CHECKING:
    from sotabox.cli.remote import Remote

NAME = "audit"
HELP = "Show who did what on the box; verify that record."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    listing = actions.add_parser("list", help="newest first")
    listing.add_argument(
        "--limit", type=int, default=50, metavar="N", help="how many entries (default 50)"
    )
    verify = actions.add_parser("verify", help="read all of it: was something changed or cut?")
    for action in (listing, verify):
        add_remote(action, below=True)
    add_remote(parser)
    parser.set_defaults(limit=50)


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    with connect(arguments, environ) as remote:
        if arguments.action == "verify":
            return _verify(remote, as_json=arguments.json)
        return _list(remote, arguments.limit, as_json=arguments.json)


def _verify(remote: "Remote", *, as_json: bool) -> int:
    verdict = remote.call("GET", "/audit/verify")
    if as_json:
        print_json(verdict)
    elif verdict["intact"]:
        print(f"The log is whole: {verdict['entries']:,} entries.")
    else:
        print(f"The log was changed or cut: entry {verdict['broken_at']} does not fit.")
    return DONE if verdict["intact"] else FAILED


def _list(remote: "Remote", limit: int, *, as_json: bool) -> int:
    rows = list(islice(remote.pages("/audit"), max(limit, 0)))
    if as_json:
        for row in rows:
            print_json(row)
        return DONE
    shown = [
        (
            row["at"][:19].replace("T", " "),
            row["actor"],
            row["address"],
            row["action"] if row["status"] < 400 else f"{row['action']} (refused)",
            " ".join(row["target"].values()),
        )
        for row in rows
    ]
    print(*columns([("WHEN (UTC)", "WHO", "FROM", "WHAT", "OF WHAT"), *shown]), sep="\n")
    return DONE
