"""What an app used and answered in a while: the figures behind the dashboard's graphs."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import msgspec

#: The bounds by which Caddy counts how long requests took; what took longer is in none of them.
LATENCY_BOUNDS_MS: Final = (5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000)


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """An app's figures over some seconds; two that follow each other add up to one.

    Attributes:
        at: when it begins, unix seconds.
        seconds: how much time it covers: less than its step where the box was not there.
        cpu_ms: CPU time used. memory_bytes: the most that was in use when looked at.
        ok, redirect, client_error, server_error: requests that ended, by their answer's class.
        duration_ms: of all those requests together. slow: those that took more than a second.
        within: those that took no longer than each of `LATENCY_BOUNDS_MS`.
        received_bytes, sent_bytes: by the container, whoever was at the other end.
    """

    project_id: str
    at: int = 0
    seconds: float = 0.0
    cpu_ms: int = 0
    memory_bytes: int = 0
    ok: int = 0
    redirect: int = 0
    client_error: int = 0
    server_error: int = 0
    duration_ms: int = 0
    slow: int = 0
    within: tuple[int, ...] = (0,) * len(LATENCY_BOUNDS_MS)
    received_bytes: int = 0
    sent_bytes: int = 0

    @property
    def requests(self) -> int:
        return self.ok + self.redirect + self.client_error + self.server_error

    @property
    def cpu_cores(self) -> float:
        """Cores in use on average."""
        return self.cpu_ms / 1000 / self.seconds if self.seconds else 0.0

    @property
    def mean_ms(self) -> float:
        """What a request took on average."""
        return self.duration_ms / self.requests if self.requests else 0.0

    def latency_ms(self, share: float) -> float | None:
        """What a `share` of the requests took at most; None where there were none to tell by.

        Between two bounds as if they lay evenly; what is above the last bound counts as that.

        >>> Sample(project_id="p", ok=4, within=(2, 4) + (4,) * 9).latency_ms(0.75)
        7.5
        """
        # What an earlier sotabox noted has no bounds.
        if not self.requests or not any(self.within):
            return None
        wanted = share * self.requests
        before_ms, before = 0, 0
        for bound_ms, count in zip(LATENCY_BOUNDS_MS, self.within, strict=True):
            if count >= wanted:
                return before_ms + (bound_ms - before_ms) * (wanted - before) / (count - before)
            before_ms, before = bound_ms, count
        return float(LATENCY_BOUNDS_MS[-1])


class Glance(msgspec.Struct, frozen=True):
    """The two figures of a sample that a list of many apps shows."""

    at: int
    cpu_cores: float
    memory_bytes: int


def merged(samples: Sequence[Sample]) -> Sample:
    """Samples of a project that follow each other, at least one, as a single one."""
    first = samples[0]
    summed = ("seconds", "cpu_ms", "ok", "redirect", "client_error", "server_error", "duration_ms",
              "slow", "received_bytes", "sent_bytes")  # fmt: skip
    return Sample(
        project_id=first.project_id,
        at=first.at,
        memory_bytes=max(sample.memory_bytes for sample in samples),
        within=tuple(map(sum, zip(*(sample.within for sample in samples), strict=True))),
        **{name: sum(getattr(sample, name) for sample in samples) for name in summed},
    )


#: A list shows the last hour, in steps of which a hundred apps have a thousand.
GLANCE_STEP_S: Final = 300
GLANCE_S: Final = 3600


class Span(StrEnum):
    """How far back a graph looks."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"


@dataclass(frozen=True, slots=True)
class Ring:
    """How a span is kept: samples of `step_s`, for `kept_s`."""

    step_s: int
    kept_s: int


#: 576 rows an app, however long it lives.
RINGS: Final[dict[Span, Ring]] = {
    Span.HOUR: Ring(30, 3600),
    Span.DAY: Ring(300, 24 * 3600),
    Span.WEEK: Ring(3600, 7 * 24 * 3600),
}
