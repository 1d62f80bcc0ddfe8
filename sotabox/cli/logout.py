"""`sotabox logout`: forgets the key to a box."""

import argparse
from collections.abc import Mapping

from sotabox.cli.connect import add_remote, find_box, print_json
from sotabox.cli.credentials import credentials_path, read_credentials, write_credentials
from sotabox.cli.failures import DONE
from sotabox.errors import Unauthorized

NAME = "logout"
HELP = "Forget the key to a box."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_remote(parser)


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    path = credentials_path(environ)
    credentials = read_credentials(path)
    url = find_box(arguments, environ, credentials)
    if url is None or credentials.key_for(url.text) is None:
        raise Unauthorized(f"You are not logged in{f' to {url.text}' if url else ''}")
    write_credentials(path, credentials.without_box(url.text))
    if arguments.json:
        print_json({"logged_out": url.text})
    else:
        print(f"Logged out of {url.text}. The key itself goes on working: revoke it under Account "
              "in the dashboard.")  # fmt: skip
    return DONE
