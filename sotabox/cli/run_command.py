"""`sotabox run -- CMD`: a one-off command in the running release, beside the app."""

import argparse
import json
import sys
from collections.abc import Mapping

from sotabox.cli.connect import add_remote, connect, print_json, project_ref
from sotabox.cli.failures import DONE, FAILED

NAME = "run"
HELP = "Run a command with the app's image and variables."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--timeout", type=int, metavar="SECONDS", help="end it after this time")
    add_remote(parser, project=True)
    parser.add_argument(
        "words",
        nargs="+",
        metavar="CMD",
        help="program and arguments, after --; a single word is a line for the image's shell",
    )


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """The exit code is 1 whenever the command's isn't 0; which it was stands on stderr."""
    words: list[str] = arguments.words
    body: dict[str, object] = {"command": words[0] if len(words) == 1 else words}
    if arguments.timeout is not None:
        body["timeout_s"] = arguments.timeout
    exit_code, problem = None, "the box ended the stream before the command had ended"
    with connect(arguments, environ) as remote:
        path = f"/projects/{project_ref(arguments)}/run"
        for event in remote.events(path, method="POST", json=body):
            if event.name == "exit":
                ended = json.loads(event.data)
                exit_code, problem = ended["exit_code"], ended["problem"]
                if arguments.json:
                    print_json(ended)
            elif arguments.json:
                print_json({"at": event.id, "text": event.data})
            else:
                print(event.data, flush=True)
    if exit_code == 0:
        return DONE
    said = problem or f"the command ended with exit code {exit_code}"
    print(f"sotabox: {said}", file=sys.stderr)
    return FAILED
