"""`sotabox login`: a key to a box, confirmed in the browser or pasted."""

import argparse
import sys
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sotabox.cli.box_url import BoxUrl, parse_box_url
from sotabox.cli.browser import open_page
from sotabox.cli.connect import (
    KEY_VARIABLE,
    URL_VARIABLE,
    add_output,
    find_box,
    print_json,
    screen_for,
)
from sotabox.cli.credentials import credentials_path, read_credentials, write_credentials
from sotabox.cli.failures import DONE
from sotabox.cli.terminal import Screen, ask, may_ask
from sotabox.errors import (
    ApprovalPending,
    BadRequest,
    Gone,
    NotFound,
    RateLimited,
    Unauthorized,
)

if TYPE_CHECKING:
    from sotabox.cli.remote import Remote

NAME = "login"
HELP = "Log in to a box, once for all folders."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "api_url",
        nargs="?",
        metavar="URL",
        help=f"address of the box, such as https://box.example.com ({URL_VARIABLE})",
    )
    parser.add_argument(
        "--key", help="an API key, or - to read it from standard input; nothing is asked then"
    )
    add_output(parser)


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    from sotabox.cli.remote import Remote

    path = credentials_path(environ)
    credentials = read_credentials(path)
    url = find_box(arguments, environ, credentials) or _ask_for_box()
    screen = screen_for(arguments, environ)
    if url.scheme == "http" and not url.is_local:
        print(f"Warning: {url.text} is not encrypted; others may see the key.", file=sys.stderr)
    given = sys.stdin.readline() if arguments.key == "-" else arguments.key
    key = (given or environ.get(KEY_VARIABLE) or _obtain(url, screen, environ)).strip()
    with Remote(url, key) as remote:
        user = _check(remote)
    write_credentials(path, credentials.with_box(url.text, key))
    if arguments.json:
        print_json({"api_url": url.text, "email": user["email"], "role": user["role"]})
    else:
        screen.line(f"Logged in to {url.text} as {user['email']}")
    return DONE


def _ask_for_box() -> BoxUrl:
    if not may_ask():
        raise BadRequest("Which box?", hint="sotabox login https://box.example.com")
    return parse_box_url(ask("Address of the box: "))


def _check(remote: "Remote") -> Any:
    try:
        return remote.call("GET", "/me")
    except Unauthorized as error:
        raise Unauthorized(
            f"{remote.url.text} does not know this key",
            hint="Make a key under Account in its dashboard, or on its server: "
            "sotabox apikey create --name laptop",
        ) from error


def _obtain(url: BoxUrl, screen: Screen, environ: Mapping[str, str]) -> str:
    from sotabox.cli.remote import Remote

    if not may_ask():
        raise Unauthorized(
            "Logging in needs somebody at the terminal",
            hint=f"Give a key: --key sota_…, or {KEY_VARIABLE}.",
        )
    with Remote(url) as remote:
        try:
            codes = remote.bare("POST", "/auth/device-code", json={})
        except NotFound:  # a box that has no such login
            return ask(f"API key of {url.text} (it is not shown): ", hidden=True)
        return _await_confirmation(remote, codes, screen, environ)


def _await_confirmation(
    remote: "Remote", codes: Mapping[str, Any], screen: Screen, environ: Mapping[str, str]
) -> str:
    page = f"{codes['verification_url']}?user_code={codes['user_code']}"
    screen.line(f"Open       {codes['verification_url']}")
    screen.line(f"and enter  {screen.paint('strong', codes['user_code'])}")
    open_page(page, environ)
    deadline = time.monotonic() + codes["expires_in"]
    while time.monotonic() < deadline:
        left_s = deadline - time.monotonic()
        screen.progress(f"Waiting for you in the browser, {left_s // 60 + 1:.0f} min left")
        time.sleep(codes["interval"])
        try:
            answer = remote.bare(
                "POST", "/auth/device-token", json={"device_code": codes["device_code"]}
            )
        except (ApprovalPending, RateLimited):
            continue
        except (Gone, NotFound) as error:
            screen.close()
            raise Unauthorized(
                "The login was refused, or has expired", hint="Try again."
            ) from error
        screen.close()
        return str(answer["api_key"])
    screen.close()
    raise Unauthorized("Nobody confirmed the login in time", hint="Try again.")
