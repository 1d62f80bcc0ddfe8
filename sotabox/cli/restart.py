"""`sotabox restart`: the running version in a new container."""

import argparse
import time
from collections.abc import Mapping

from sotabox.cli.connect import add_remote, connect, project_ref, screen_for
from sotabox.cli.deploy import follow

NAME = "restart"
HELP = "Start the running release anew, with the variables it has."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_remote(parser, project=True)


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    started = time.monotonic()
    screen = screen_for(arguments, environ)
    with connect(arguments, environ) as remote:
        deployment = remote.call("POST", f"/projects/{project_ref(arguments)}/restart")
        return follow(remote, deployment, screen, started, as_json=arguments.json)
