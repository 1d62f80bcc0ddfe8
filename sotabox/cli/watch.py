"""Follows a deployment to its end, and tells of it on a screen."""

import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from sotabox.cli.failures import DONE, FAILED
from sotabox.cli.terminal import Screen
from sotabox.cli.told import docs_for, render_end, render_failure_of, render_told, told_of
from sotabox.errors import SotaboxError, Unavailable

if TYPE_CHECKING:
    from sotabox.cli.events import Event
    from sotabox.cli.remote import Remote

SETTLED: Final = frozenset({"running", "failed", "stopped"})
_AGAIN_S: Final = 1.0
_PATIENCE_S: Final = 60.0


class Watch:
    """One deployment of a project on a box, seen from a screen."""

    def __init__(
        self, remote: "Remote", project: str, deployment_id: str, *, verbose: bool = False
    ) -> None:
        self._remote = remote
        self._project = project
        self._id = deployment_id
        self._verbose = verbose
        self._log: list[str] = []
        self._told: set[str] = set()

    def run(self, screen: Screen) -> dict[str, Any]:
        """Tells what happens as it happens; the settled deployment.

        Raises:
            Unavailable: the box is away for longer than a restart takes.
        """
        try:
            for line in self.lines():
                self._hear(line, screen)
            deployment = self.read()
        except KeyboardInterrupt:
            screen.close()
            short = self._id[:8]
            print(
                f"The deployment goes on. Follow it: sotabox logs -f {short}; "
                f"end it: sotabox cancel {short}",
                file=sys.stderr,
            )
            raise
        self._tell(deployment, screen)
        screen.close()
        return deployment

    def lines(self) -> Iterator[str]:
        """The lines of its log until it is settled, also over a restart of the box."""
        path = f"/projects/{self._project}/deployments/{self._id}/logs/stream"
        for event in messages(self._remote, path, lambda: self.read()["status"] in SETTLED):
            yield event.data

    def read(self) -> dict[str, Any]:
        """The deployment as it is now."""
        path = f"/projects/{self._project}/deployments/{self._id}"
        deployment: dict[str, Any] = self._remote.call("GET", path)
        return deployment

    def _hear(self, line: str, screen: Screen) -> None:
        begins_deploy = line.startswith("[deploy]") and not any(
            before.startswith("[deploy]") for before in self._log[-1:]
        )
        self._log.append(line)
        if self._verbose:
            screen.line(line)
            return
        if begins_deploy:
            self._tell(self.read(), screen)
        stage, _, text = line.partition("] ")
        doing = "building" if stage == "[build" else "starting"
        screen.progress(f"  {doing:<10}{text.strip()}")

    def _tell(self, deployment: dict[str, Any], screen: Screen) -> None:
        for told in told_of(deployment, self._log):
            if told.label not in self._told:
                self._told.add(told.label)
                screen.line(render_told(told))


def messages(remote: "Remote", path: str, is_over: Callable[[], bool]) -> Iterator["Event"]:
    """The messages of a stream, also over a restart of the box, until it ends and `is_over`.

    Raises:
        Unavailable: the box is away for longer than a restart takes.
    """
    after: str | None = None
    away_since: float | None = None  # a stream may be silent for hours: that is no sign of anything
    while True:
        try:
            for event in remote.events(path, after):
                away_since = None
                after = event.id or after
                if event.name == "message":
                    yield event
            if is_over():
                return
            away_since = None
        except Unavailable:
            away_since = away_since or time.monotonic()
            if time.monotonic() - away_since > _PATIENCE_S:
                raise
        time.sleep(_AGAIN_S)


def conclude(remote: "Remote", deployment: dict[str, Any], screen: Screen, started: float) -> int:
    """Tells how a deployment ended; the exit code.

    Args:
        remote: its box.
        deployment: a settled one.
        screen: where to.
        started: when the person pressed Enter, by `time.monotonic`.
    """
    if deployment["status"] == "running":
        url = f"{remote.url.scheme}://{deployment['url']}"
        ended_ms = (time.monotonic() - started) * 1000
        line = render_end(url, ended_ms)
        screen.line(line.replace(url, screen.paint("strong", url)))
        return DONE
    now = datetime.now(UTC).astimezone()
    serving = find_serving(remote, deployment["project_id"])
    first, *rest = render_failure_of(deployment, serving, now, docs_for(deployment), screen.width)
    screen.prose(first, 4, tone="bad" if deployment["status"] == "failed" else "muted")
    for line in rest:
        screen.prose(line, len(line) - len(line.lstrip()))
    return FAILED


def find_serving(remote: "Remote", project: str) -> dict[str, Any] | None:
    """The deployment that a project's visitors see; None where there is none, or none is known."""
    try:
        page = remote.call("GET", f"/projects/{project}/deployments", params={"limit": "100"})
    except SotaboxError:
        return None  # a question at the side: what there is to say stands without it
    return next((row for row in page if row["status"] == "running"), None)
