"""`sotabox redeploy`, `restart` and `resume`: a release that is kept, started once more."""

import argparse
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sotabox.cli.connect import add_remote, connect, project_ref, screen_for
from sotabox.cli.deploy import follow

if TYPE_CHECKING:
    from sotabox.cli.remote import Remote


@dataclass(slots=True)
class Again:
    """A command that is called as the API calls what it asks for."""

    NAME: str
    HELP: str

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        add_remote(parser, project=True)

    def run(self, arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
        with connect(arguments, environ) as remote:
            return start_again(remote, self.NAME, arguments, environ)


REDEPLOY = Again("redeploy", "Start the running release again with today's variables.")
RESTART = Again("restart", "Start the running release anew, with the variables it has.")
RESUME = Again("resume", "Start a paused app again.")


def start_again(
    remote: "Remote",
    verb: str,
    arguments: argparse.Namespace,
    environ: Mapping[str, str],
    body: Mapping[str, Any] | None = None,
) -> int:
    """Has the box start a release of the command's project, and follows it; the exit code."""
    from sotabox.cli.told import render_title

    started = time.monotonic()
    screen = screen_for(arguments, environ)
    project = remote.call("GET", f"/projects/{project_ref(arguments)}")
    deployment = remote.call("POST", f"/projects/{project['id']}/{verb}", json=body)
    if not arguments.json:
        screen.line(render_title(project["slug"], remote.url.text))
    return follow(remote, deployment, screen, started, as_json=arguments.json)
