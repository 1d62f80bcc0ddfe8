"""`sotabox pause`: the app stops, until `sotabox resume`."""

import argparse
from collections.abc import Mapping

from sotabox.cli.connect import add_remote, connect, print_json, project_ref
from sotabox.cli.failures import DONE

NAME = "pause"
HELP = "Stop the app; its visitors see a page that says so."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_remote(parser, project=True)


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    with connect(arguments, environ) as remote:
        project = remote.call("POST", f"/projects/{project_ref(arguments)}/pause")
    if arguments.json:
        print_json(project)
    else:
        print(f"{project['slug']} is paused. Start it again: sotabox resume")
    return DONE
