"""`sotabox ps`: what runs on the box, a line each."""

import argparse
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from sotabox.cli.columns import columns
from sotabox.cli.connect import add_remote, connect, print_json, screen_for
from sotabox.cli.failures import DONE
from sotabox.cli.terminal import Screen

NAME = "ps"
HELP = "List the apps on the box and how they are."

#: A state is a word, a shape and a tone: colour alone tells nobody anything.
STATES: Final = {
    "pending": ("○", "muted"),
    "building": ("◐", "busy"),
    "built": ("◑", "busy"),
    "deploying": ("◔", "busy"),
    "running": ("●", "ok"),
    "degraded": ("▲", "warn"),
    "failed": ("✕", "bad"),
    "stopped": ("□", "muted"),
    "paused": ("□", "muted"),
    "new": ("○", "muted"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_remote(parser)


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    from sotabox.dashboard.words import ago

    screen = screen_for(arguments, environ)
    with connect(arguments, environ) as remote:
        projects = list(remote.pages("/projects"))
        scheme = remote.url.scheme
    if arguments.json:
        for project in projects:
            print_json(project)
        return DONE
    if not projects:
        print("No projects yet. In the folder of an app: sotabox deploy")
        return DONE
    now = datetime.now(UTC)
    rows = [
        (
            _state(project),
            project["slug"] + _times(project),
            f"{scheme}://{project['url']}" if project["url"] else "",
            ago(project["updated_at"], now),
        )
        for project in projects
    ]
    for line, row in zip(columns(rows), rows, strict=True):
        screen.line(mark(screen, row[0]) + " " + line)
    return DONE


def _state(project: Mapping[str, Any]) -> str:
    """The status, or that what serves is not well; a box of an earlier version says no health."""
    degraded = project.get("health") == "degraded"
    return "degraded" if degraded else project["status"] or "new"


def _times(project: Mapping[str, Any]) -> str:
    """How many containers serve, where that is not one; a box of an earlier version says none."""
    replicas = project.get("replicas", 1)
    return f" ({replicas} replicas)" if replicas > 1 else ""


def mark(screen: Screen, status: str) -> str:
    """The shape of a state, in its colour."""
    shape, tone = STATES.get(status, ("?", "warn"))
    return screen.paint(tone, shape)
