"""What every command for people has in common: its flags, its box, its project, its output."""

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from sotabox.cli.box_url import BoxUrl, parse_box_url
from sotabox.cli.credentials import Credentials, credentials_path, read_credentials
from sotabox.cli.link import find_link
from sotabox.cli.terminal import Screen, make_screen
from sotabox.errors import BadRequest, Unauthorized

if TYPE_CHECKING:
    from sotabox.cli.remote import Remote

URL_VARIABLE: Final = "SOTA_API_URL"
KEY_VARIABLE: Final = "SOTA_API_KEY"


def add_folder(parser: argparse.ArgumentParser) -> None:
    """The argument that says where the app is."""
    parser.add_argument(
        "folder",
        type=Path,
        nargs="?",
        default=Path(),
        metavar="DIR",
        help="the folder of the app (default: this one)",
    )


def add_remote(
    parser: argparse.ArgumentParser, *, project: bool = False, below: bool = False
) -> None:
    """The flags of a command that asks a box, and of one that is about a project of it.

    `below`: of an action, whose command has the same flags; what was said there holds.
    """
    default = argparse.SUPPRESS if below else None
    if project:
        group = parser.add_argument_group("project")
        group.add_argument(
            "--project",
            metavar="SLUG",
            default=default,
            help="slug or id (default: the one that this folder belongs to)",
        )
    add_address(parser, below=below)
    add_output(parser, below=below)


def add_address(parser: argparse.ArgumentParser, *, below: bool = False) -> None:
    """The flag that says which box."""
    group = parser.add_argument_group("box")
    default = argparse.SUPPRESS if below else None
    group.add_argument(
        "--api-url",
        metavar="URL",
        default=default,
        help=f"address of the box ({URL_VARIABLE}; default: the one of the newest login)",
    )


def add_output(parser: argparse.ArgumentParser, *, below: bool = False) -> None:
    """The flags about how a command says what it says."""
    group = parser.add_argument_group("output")
    default = argparse.SUPPRESS if below else False
    group.add_argument(
        "--json", action="store_true", default=default, help="print JSON, and nothing else"
    )
    group.add_argument(
        "--no-color",
        action="store_true",
        default=default,
        help="no colours (NO_COLOR does the same)",
    )


def find_box(
    arguments: argparse.Namespace, environ: Mapping[str, str], credentials: Credentials
) -> BoxUrl | None:
    """The box that a command is about: flag, environment, newest login; None without any."""
    given = getattr(arguments, "api_url", None) or environ.get(URL_VARIABLE) or credentials.current
    return parse_box_url(given) if given else None


def connect(arguments: argparse.Namespace, environ: Mapping[str, str]) -> "Remote":
    """A client of the box, with the key to it.

    Raises:
        Unauthorized: no box or no key is known.
    """
    from sotabox.cli.remote import Remote

    credentials = read_credentials(credentials_path(environ))
    url = find_box(arguments, environ, credentials)
    if url is None:
        raise Unauthorized(
            "You are not logged in to a box", hint="sotabox login https://box.example.com"
        )
    key = environ.get(KEY_VARIABLE) or credentials.key_for(url.text)
    if not key:
        raise Unauthorized(
            f"You are not logged in to {url.text}",
            hint=f"sotabox login {url.text}, or set {KEY_VARIABLE}.",
        )
    return Remote(url, key)


def project_ref(arguments: argparse.Namespace, folder: Path | None = None) -> str:
    """Id or slug of the project that a command is about, fit for an address.

    Raises:
        BadRequest: neither the command nor the folder names one.
    """
    if arguments.project:
        return quote(arguments.project, safe="")
    if link := find_link(folder or Path()):
        return quote(link.project_id, safe="")
    raise BadRequest(
        "This folder belongs to no project yet",
        hint="sotabox init makes it one, sotabox deploy does so and deploys; or name one with "
        "--project.",
    )


def screen_for(arguments: argparse.Namespace, environ: Mapping[str, str]) -> Screen:
    """The screen of a command with the flags of `add_output`."""
    return make_screen(environ, no_colour=arguments.no_color)


def print_json(value: Any) -> None:
    """Prints a value as JSON on one line."""
    print(json.dumps(value, ensure_ascii=False), flush=True)
