"""`sotabox init`: makes a folder belong to a project, new or not."""

import argparse
from collections.abc import Mapping
from pathlib import Path

from sotabox.cli.connect import add_folder, add_remote, connect, print_json, project_ref
from sotabox.cli.failures import DONE
from sotabox.cli.link import Link, read_link, write_link
from sotabox.errors import Conflict, NotFound

NAME = "init"
HELP = "Make this folder belong to a project."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_folder(parser)
    parser.add_argument("--name", help="name of a new project (default: the folder's)")
    parser.add_argument("--slug", help="its part of the address (default: made from the name)")
    parser.add_argument("--force", action="store_true", help="even if the folder has one already")
    add_remote(parser, project=True)


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    folder: Path = arguments.folder
    if not folder.is_dir():  # before a project is made for it
        raise NotFound(f"{folder} is not a folder", hint="Give the folder that holds the app.")
    if (link := read_link(folder)) and not arguments.force:
        raise Conflict(
            f"This folder belongs to the project {link.project_slug or link.project_id} already",
            hint="Say --force to make it belong to another one.",
        )
    with connect(arguments, environ) as remote:
        if arguments.project:
            project = remote.call("GET", f"/projects/{project_ref(arguments)}")
        else:
            name = arguments.name or folder.absolute().resolve().name or "app"
            body = {"name": name} | ({"slug": arguments.slug} if arguments.slug else {})
            project = remote.call("POST", "/projects", json=body)
    write_link(folder, Link(project["id"], project["slug"]))
    if arguments.json:
        print_json(project)
    else:
        print(f"This folder belongs to {project['slug']}. Next: sotabox deploy")
    return DONE
