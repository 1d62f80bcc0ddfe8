"""`sotabox open`: the app in the browser."""

import argparse
from collections.abc import Mapping

from sotabox.cli.browser import open_page
from sotabox.cli.connect import add_remote, connect, print_json, project_ref
from sotabox.cli.failures import DONE
from sotabox.errors import NothingRunning

NAME = "open"
HELP = "Open the app in the browser, or print its address."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--print", action="store_true", dest="only_print", help="open nothing")
    add_remote(parser, project=True)


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    with connect(arguments, environ) as remote:
        project = remote.call("GET", f"/projects/{project_ref(arguments)}")
        if not project["url"]:
            raise NothingRunning(f"Nothing of {project['slug']} is live", hint="sotabox deploy")
        url = f"{remote.url.scheme}://{project['url']}"
    if arguments.json:
        print_json({"url": url})
        return DONE
    print(url)
    if not arguments.only_print:
        open_page(url, environ)
    return DONE
