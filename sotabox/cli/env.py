"""`sotabox env`: an app's variables."""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sotabox.cli.columns import columns
from sotabox.cli.connect import add_remote, connect, print_json, project_ref
from sotabox.cli.failures import DONE
from sotabox.errors import BadRequest, NotFound

if TYPE_CHECKING:
    from sotabox.cli.remote import Remote

NAME = "env"
HELP = "Show, set and remove an app's variables."

_MASKED: Final = "••••••"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    listing = actions.add_parser("list", help="all, with hidden values", allow_abbrev=False)
    listing.add_argument("--show", action="store_true", help="show the values, as a .env file")
    setting = actions.add_parser("set", help="set some, new or not", allow_abbrev=False)
    setting.add_argument(
        "pairs", nargs="+", metavar="KEY=VALUE", help="KEY=- reads the value from standard input"
    )
    delete = actions.add_parser("delete", help="remove some", allow_abbrev=False)
    delete.add_argument("keys", nargs="+", metavar="KEY")
    importing = actions.add_parser("import", help="set those of a .env file", allow_abbrev=False)
    importing.add_argument("file", type=Path, metavar="FILE", help="- reads standard input")
    for action in (listing, setting, delete, importing):
        add_remote(action, project=True, below=True)
    add_remote(parser, project=True)
    parser.set_defaults(show=False)


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    with connect(arguments, environ) as remote:
        path = f"/projects/{project_ref(arguments)}/envs"
        match arguments.action:
            case "set":
                _set(remote, path, read_pairs(arguments.pairs), as_json=arguments.json)
            case "import":
                _set(remote, path, _read_file(arguments.file), as_json=arguments.json)
            case "delete":
                _delete(remote, path, arguments.keys, as_json=arguments.json)
            case _:
                _list(remote, path, show=arguments.show, as_json=arguments.json)
    return DONE


def read_pairs(pairs: list[str]) -> dict[str, str]:
    """The variables in arguments like `KEY=value`.

    Raises:
        BadRequest: one has no `=`.
    """
    found = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise BadRequest(f"{pair!r} is not KEY=VALUE", hint="sotabox env set COLOUR=blue")
        found[key] = sys.stdin.read().removesuffix("\n") if value == "-" else value
    return found


def _read_file(path: Path) -> dict[str, str]:
    from sotabox.model import dotenv

    try:
        text = sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8")
        return dotenv.parse(text)
    except OSError as error:
        raise NotFound(f"{path} can't be read: {error.strerror}") from error
    except (dotenv.Malformed, UnicodeDecodeError) as error:
        raise BadRequest(f"{path} is no .env file: {error}") from error


def _set(remote: "Remote", path: str, variables: Mapping[str, str], *, as_json: bool) -> None:
    """All of them or, where one is wrong, none."""
    difference = remote.call("PATCH", path, json=variables)
    if as_json:
        print_json(difference)
        return
    told = [f"{len(keys)} {what}" for what in ("added", "changed") if (keys := difference[what])]
    if told:
        counts = ", ".join(told)
        print(f"Variables: {counts}. The running app sees it after: sotabox redeploy")
    else:
        print("Nothing has changed.")


def _delete(remote: "Remote", path: str, keys: list[str], *, as_json: bool) -> None:
    from urllib.parse import quote

    for key in keys:
        remote.call("DELETE", f"{path}/{quote(key, safe='')}")
        if as_json:
            print_json({"deleted": key})
    if not as_json:
        print(f"{_count(len(keys))} removed. The running app sees it after: sotabox redeploy")


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
