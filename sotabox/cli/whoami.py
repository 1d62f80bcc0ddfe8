"""`sotabox whoami`: which box, and who you are there."""

import argparse
from collections.abc import Mapping

from sotabox.cli.connect import add_remote, connect, print_json
from sotabox.cli.failures import DONE

NAME = "whoami"
HELP = "Say who you are, and on which box."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_remote(parser)


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    with connect(arguments, environ) as remote:
        user = remote.call("GET", "/me")
        if arguments.json:
            print_json({"api_url": remote.url.text, **user})
        else:
            print(f"{user['email']} ({user['role']}) at {remote.url.text}")
    return DONE
