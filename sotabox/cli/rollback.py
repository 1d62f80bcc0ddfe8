"""`sotabox rollback`: an older release again."""

import argparse
from collections.abc import Mapping

from sotabox.cli.again import start_again
from sotabox.cli.connect import add_remote, connect, project_ref
from sotabox.cli.deployments import find_deployment

NAME = "rollback"
HELP = "Go back to the release before, or to another one that is kept."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "deployment",
        nargs="?",
        metavar="DEPLOYMENT",
        help="id, the beginning of one, or number (default: the one before)",
    )
    parser.add_argument(
        "--old-variables",
        action="store_true",
        help="run it with the variables that it had, in place of today's",
    )
    add_remote(parser, project=True)


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    body = {"env": "release"} if arguments.old_variables else {}
    with connect(arguments, environ) as remote:
        if arguments.deployment:
            chosen = find_deployment(remote, project_ref(arguments), arguments.deployment)
            body["deployment_id"] = chosen["id"]
        return start_again(remote, NAME, arguments, environ, body)
