"""One deployment at work."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sotabox.model.project import Project
from sotabox.pipeline.log import DeploymentLog


@dataclass(slots=True)
class Attempt:
    """One deployment at work: its log, and how long its phases took so far, in milliseconds."""

    project: Project
    log: DeploymentLog
    phases: dict[str, int] = field(default_factory=dict)
    unsettled: bool = False  # whether visitors are with a candidate that failed all the same
    unnoted_image: str | None = None  # the name of one that was built, while its row doesn't say so

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Times the block as a phase."""
        started = time.monotonic()
        try:
            yield
        finally:
            self.phases[name] = round((time.monotonic() - started) * 1000)
