"""`sotabox cancel`: ends a deployment that is under way."""

import argparse
from collections.abc import Mapping

from sotabox.cli.connect import add_remote, connect, print_json, project_ref
from sotabox.cli.deployments import find_deployment
from sotabox.cli.failures import DONE

NAME = "cancel"
HELP = "End a deployment that is under way; what serves stays."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "deployment",
        nargs="?",
        metavar="DEPLOYMENT",
        help="id, the beginning of one, or number (default: the newest)",
    )
    add_remote(parser, project=True)


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    with connect(arguments, environ) as remote:
        project = project_ref(arguments)
        chosen = find_deployment(remote, project, arguments.deployment)
        path = f"/projects/{project}/deployments/{chosen['id']}/cancel"
        ended = remote.call("POST", path)
        if arguments.json:
            print_json(ended)
        else:
            print(f"Deployment {ended['number']} is {ended['status']}; what served before goes on.")
    return DONE
