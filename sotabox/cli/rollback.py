"""`sotabox rollback`: an older release again."""

import argparse
import time
from collections.abc import Mapping

from sotabox.cli.connect import add_remote, connect, project_ref, screen_for
from sotabox.cli.deploy import follow
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
    started = time.monotonic()
    screen = screen_for(arguments, environ)
    with connect(arguments, environ) as remote:
        project = project_ref(arguments)
        body = {"env": "release"} if arguments.old_variables else {}
        if arguments.deployment:
            chosen = find_deployment(remote, project, arguments.deployment)
            body["deployment_id"] = chosen["id"]
        deployment = remote.call("POST", f"/projects/{project}/rollback", json=body)
        return follow(remote, deployment, screen, started, as_json=arguments.json)
