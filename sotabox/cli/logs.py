"""`sotabox logs`: what the running app prints, what a deployment's build and start said, or the box."""

import argparse
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from sotabox.cli import box_logs
from sotabox.cli.connect import add_remote, connect, print_json, project_ref
from sotabox.cli.deployments import find_deployment
from sotabox.cli.failures import DONE
from sotabox.cli.options import add_settings, settings_from
from sotabox.errors import Conflict
from sotabox.settings import Settings

if TYPE_CHECKING:
    from sotabox.cli.remote import Remote

NAME = "logs"
HELP = "Print the log of the app, of a deployment, or of the box."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "deployment",
        nargs="?",
        metavar="DEPLOYMENT",
        help="id, the beginning of one, or number: its build and deploy log instead of the app's",
    )
    parser.add_argument("-f", "--follow", action="store_true", help="go on with what comes")
    parser.add_argument(
        "--build", action="store_true", help="the build and deploy log of the newest deployment"
    )
    parser.add_argument(
        "--box", action="store_true", help="what the box on this server says of itself"
    )
    parser.add_argument("--tail", metavar="LINES", help="how many lines; all: all that are kept")
    parser.add_argument("--since", metavar="WHEN", help="such as 15m, 2h, 2026-03-01T12:00:00Z")
    parser.add_argument("--search", metavar="TEXT", help="only lines that hold this")
    add_remote(parser, project=True)
    add_settings(parser, box_logs.SETTINGS)


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    if arguments.box:
        return _print_box_log(arguments, settings_from(arguments, environ))
    with connect(arguments, environ) as remote:
        for row in _rows(remote, project_ref(arguments), arguments):
            if arguments.json:
                print_json(row)
            else:
                print(row["text"], flush=arguments.follow)
    return DONE


def _print_box_log(arguments: argparse.Namespace, settings: Settings) -> int:
    lines = box_logs.box_lines(
        settings, follow=arguments.follow, tail=arguments.tail, since=arguments.since
    )
    for line in lines:
        if arguments.search and arguments.search not in line:
            continue
        if arguments.json:
            print_json({"text": line})
        else:
            print(line, flush=arguments.follow)
    return DONE


def _rows(
    remote: "Remote", project: str, arguments: argparse.Namespace
) -> Iterator[dict[str, Any]]:
    if arguments.deployment or arguments.build:
        yield from _deployment_log(remote, project, arguments)
        return
    query = {
        name: value
        for name in ("tail", "since", "search")
        if (value := getattr(arguments, name)) is not None
    }
    try:
        if arguments.follow:
            yield from _follow_app(remote, project, query)
        else:
            headers = {"Accept": "application/json"}
            yield from remote.call(
                "GET", f"/projects/{project}/logs", params=query, headers=headers
            )
    except Conflict:  # nothing runs: what there is to read is why
        yield from _deployment_log(remote, project, arguments)


def _deployment_log(
    remote: "Remote", project: str, arguments: argparse.Namespace
) -> Iterator[dict[str, Any]]:
    from sotabox.cli.watch import Watch

    id_ = find_deployment(remote, project, arguments.deployment)["id"]
    if arguments.follow:
        lines: Iterator[str] = Watch(remote, project, id_).lines()
    else:
        text = remote.text(f"/projects/{project}/deployments/{id_}/logs")
        lines = iter(text.removesuffix("\n").split("\n"))
    for line in lines:
        yield {"deployment_id": id_, "text": line}


def _follow_app(
    remote: "Remote", project: str, query: Mapping[str, str]
) -> Iterator[dict[str, Any]]:
    """What the app prints, also over a redeploy of it and a restart of the box."""
    from urllib.parse import urlencode

    from sotabox.cli.watch import messages

    path = f"/projects/{project}/logs?{urlencode({'follow': 'true', **query})}"
    for event in messages(remote, path, lambda: False):
        yield {"at": (event.id or "").partition(" ")[0], "text": event.data}
