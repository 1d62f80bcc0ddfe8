"""`sotabox settings`: how a project is built and run."""

import argparse
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from sotabox.cli.columns import columns
from sotabox.cli.connect import add_remote, connect, print_json, project_ref
from sotabox.cli.failures import DONE
from sotabox.cli.pairs import split_pairs
from sotabox.errors import Invalid

if TYPE_CHECKING:
    from sotabox.cli.remote import Remote

NAME = "settings"
HELP = "Show and change how a project is built and run."

_EXAMPLE: Final = "sotabox settings set memory_mb=512"
#: What the box takes as text, also where it looks like a number.
_TEXTS: Final = frozenset(
    {"health_path", "builder", "root_directory", "build_command", "start_command"}
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    listing = actions.add_parser("list", help="all of them")
    getting = actions.add_parser("get", help="the value of one")
    getting.add_argument("name", metavar="NAME")
    setting = actions.add_parser("set", help="set some")
    setting.add_argument("pairs", nargs="+", metavar="NAME=VALUE", help="such as memory_mb=512")
    unset = actions.add_parser("unset", help="give some back to the box")
    unset.add_argument("names", nargs="+", metavar="NAME")
    for action in (listing, getting, setting, unset):
        add_remote(action, project=True, below=True)
    add_remote(parser, project=True)


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    with connect(arguments, environ) as remote:
        path = f"/projects/{project_ref(arguments)}/settings"
        match arguments.action:
            case "get":
                _get(remote.call("GET", path), arguments.name, as_json=arguments.json)
            case "set":
                values = read_values(split_pairs(arguments.pairs, _EXAMPLE))
                _change(remote, path, values, as_json=arguments.json)
            case "unset":
                nothing = dict.fromkeys(arguments.names)
                _change(remote, path, nothing, as_json=arguments.json)
            case _:
                _list(remote.call("GET", path), as_json=arguments.json)
    return DONE


def read_values(pairs: Mapping[str, str]) -> dict[str, Any]:
    """The values as the box takes them: numbers as numbers, all else as text.

    >>> read_values({"memory_mb": "512", "start_command": "7"})
    {'memory_mb': 512, 'start_command': '7'}
    """
    return {name: text if name in _TEXTS else _number(text) for name, text in pairs.items()}


def _number(text: str) -> Any:
    try:
        value = json.loads(text)
    except ValueError:
        return text  # the box says what is wrong with it
    return value if isinstance(value, int | float) else text


def _get(settings: Mapping[str, Any], name: str, *, as_json: bool) -> None:
    if name not in settings:
        raise Invalid(f"There is no setting {name}", hint="sotabox settings lists them.")
    if as_json:
        print_json({name: settings[name]})
    elif settings[name] is not None:
        print(settings[name])


def _change(remote: "Remote", path: str, values: Mapping[str, Any], *, as_json: bool) -> None:
    settings = remote.call("PATCH", path, json=values)
    if as_json:
        print_json(settings)
        return
    for name in values:
        shown = "what the box says" if settings[name] is None else settings[name]
        print(f"{name} is {shown}")
    print("It counts from the next deployment on; more memory and CPU at once.")


def _list(settings: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(settings)
        return
    rows = [(name, "-" if value is None else str(value)) for name, value in settings.items()]
    print(*columns([("NAME", "VALUE"), *rows]), sep="\n")
    print(f"-: as the box says, or as the build finds. Change one: {_EXAMPLE}")
