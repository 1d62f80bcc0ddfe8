"""`sotabox env`: an app's variables."""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sotabox.cli.columns import columns
from sotabox.cli.connect import add_remote, connect, print_json, project_ref
from sotabox.cli.failures import DONE
from sotabox.cli.pairs import split_pairs
from sotabox.errors import BadRequest, NotFound

if TYPE_CHECKING:
    from sotabox.cli.remote import Remote

NAME = "env"
HELP = "Show, set and remove variables; import and export them."

_MASKED: Final = "••••••"
_NEXT: Final = "The running app sees it after: sotabox redeploy"
_CHANGES: Final = ("added", "changed", "removed")
_SIGNS: Final = (("+", "added"), ("~", "changed"), ("-", "removed"))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    listing = actions.add_parser("list", help="all, with hidden values")
    listing.add_argument("--show", action="store_true", help="show the values, as a .env file")
    setting = actions.add_parser("set", help="set some, new or not")
    setting.add_argument(
        "pairs", nargs="+", metavar="KEY=VALUE", help="KEY=- reads the value from standard input"
    )
    setting.add_argument(
        "--target",
        choices=["both", "build", "run"],
        help="when they are there: while the app is built, in its container, or both",
    )
    delete = actions.add_parser("delete", help="remove some")
    delete.add_argument("keys", nargs="+", metavar="KEY")
    importing = actions.add_parser("import", help="set those of a .env file")
    importing.add_argument("file", type=Path, metavar="FILE", help="- reads standard input")
    importing.add_argument(
        "--replace", action="store_true", help="remove those that the file does not have"
    )
    export = actions.add_parser("export", help="print all as a .env file")
    difference = actions.add_parser("diff", help="what a redeploy would bring: keys, no values")
    for action in (listing, setting, delete, importing, export, difference):
        add_remote(action, project=True, below=True)
    add_remote(parser, project=True)
    parser.set_defaults(show=False)


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    with connect(arguments, environ) as remote:
        project = f"/projects/{project_ref(arguments)}"
        path = f"{project}/envs"
        match arguments.action:
            case "set":
                pairs = read_pairs(arguments.pairs)
                _set(remote, path, pairs, arguments.target, as_json=arguments.json)
            case "import":
                pairs = _read_file(arguments.file)
                _import(remote, path, pairs, arguments)
            case "delete":
                _delete(remote, path, arguments.keys, as_json=arguments.json)
            case "diff":
                _diff(remote.call("GET", f"{project}/env-diff"), as_json=arguments.json)
            case "export":
                _list(remote, path, show=True, as_json=arguments.json)
            case _:
                _list(remote, path, show=arguments.show, as_json=arguments.json)
    return DONE


def read_pairs(pairs: list[str]) -> dict[str, str]:
    """The variables in arguments like `KEY=value`.

    Raises:
        BadRequest: one has no `=`.
    """
    found = split_pairs(pairs, "sotabox env set COLOUR=blue")
    return {
        key: sys.stdin.read().removesuffix("\n") if value == "-" else value
        for key, value in found.items()
    }


def _read_file(path: Path) -> dict[str, str]:
    from sotabox.model import dotenv

    try:
        text = sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8")
        return dotenv.parse(text)
    except OSError as error:
        raise NotFound(f"{path} can't be read: {error.strerror}") from error
    except (dotenv.Malformed, UnicodeDecodeError) as error:
        raise BadRequest(f"{path} is no .env file: {error}") from error


def _set(
    remote: "Remote", path: str, variables: Mapping[str, str], target: str | None, *, as_json: bool
) -> None:
    """All of them or, where one is wrong, none; with a target one by one."""
    if target is None:
        _tell(remote.call("PATCH", path, json=variables), as_json=as_json)
        return
    for key, value in variables.items():
        row = remote.call("POST", path, json={"key": key, "value": value, "target": target})
        if as_json:
            print_json(row)
    if not as_json:
        print(f"{_count(len(variables))} set. {_NEXT}")


def _import(
    remote: "Remote", path: str, variables: Mapping[str, str], arguments: argparse.Namespace
) -> None:
    method = "PUT" if arguments.replace else "PATCH"
    _tell(remote.call(method, path, json=variables), as_json=arguments.json)


def _tell(difference: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(difference)
        return
    told = [f"{len(keys)} {what}" for what in _CHANGES if (keys := difference[what])]
    print(f"Variables: {', '.join(told)}. {_NEXT}" if told else "Nothing has changed.")


def _diff(difference: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(difference)
        return
    lines = [f"{sign} {key}" for sign, what in _SIGNS for key in difference[what]]
    if lines:
        print(*lines, sep="\n")
        print("The running app has other values. Bring them in: sotabox redeploy")
    else:
        print("The running app has today's variables.")


def _delete(remote: "Remote", path: str, keys: list[str], *, as_json: bool) -> None:
    from urllib.parse import quote

    for key in keys:
        remote.call("DELETE", f"{path}/{quote(key, safe='')}")
        if as_json:
            print_json({"deleted": key})
    if not as_json:
        print(f"{_count(len(keys))} removed. {_NEXT}")


def _list(remote: "Remote", path: str, *, show: bool, as_json: bool) -> None:
    from sotabox.model import dotenv

    query = {} if show else {"masked": "true"}
    rows: list[dict[str, Any]] = remote.call("GET", path, params=query)
    if as_json:
        for row in rows:
            print_json(row)
    elif show:
        print(dotenv.render({row["key"]: row["value"] for row in rows}), end="")
    elif rows:
        shown = [(row["key"], _MASKED, row["updated_at"][:10]) for row in rows]
        print(*columns([("KEY", "VALUE", "CHANGED"), *shown]), sep="\n")
    else:
        print("No variables yet. Set one: sotabox env set KEY=VALUE")


def _count(number: int) -> str:
    return f"{number} variable{'' if number == 1 else 's'}"
