"""Requests by host, their answers and their time, read from Caddy's metrics (pure).

A request counts when it ends, at `headers`, the first handler of every route; a WebSocket or an event
stream so counts with all the time that it was open. Source: Caddy 2.11,
`modules/caddyhttp/metrics.go`, seen on the real one.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from operator import add, sub
from typing import Final

from sotabox.model.sample import LATENCY_BOUNDS_MS

_DURATION: Final = "caddy_http_request_duration_seconds"
_LOADED_AT: Final = "caddy_config_last_reload_success_timestamp_seconds"
#: All that is needed to be asked for.
FIGURES: Final = (_DURATION, _LOADED_AT)

_LINE: Final = re.compile(
    rf'^{_DURATION}_(count|sum|bucket)\{{code="(\d*)",handler="headers",host="([^":]*)(?::\d+)?",'
    r'method="[^"]*",server="[^"]*"(?:,le="([0-9.]+)")?\} (\S+)$',
    re.MULTILINE,
)
_PLACES: Final = {f"{ms / 1000:g}": place for place, ms in enumerate(LATENCY_BOUNDS_MS)}
_NO_BOUNDS: Final = (0,) * len(LATENCY_BOUNDS_MS)
_LOADED: Final = re.compile(rf"^{_LOADED_AT} (\S+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class HostRequests:
    """What a host was asked since Caddy's document is in force.

    Attributes:
        classes: requests by the first digit of their answer's status.
        within: those that took no longer than each of `LATENCY_BOUNDS_MS`.
        duration_s: what all took together.
    """

    classes: Mapping[int, int] = field(default_factory=dict)
    within: tuple[int, ...] = _NO_BOUNDS
    duration_s: float = 0.0

    @property
    def total(self) -> int:
        return sum(self.classes.values())

    @property
    def within_1s(self) -> int:
        """Those that took a second at most."""
        return self.within[LATENCY_BOUNDS_MS.index(1000)]

    def __add__(self, other: "HostRequests") -> "HostRequests":
        digits = self.classes.keys() | other.classes.keys()
        return HostRequests(
            {digit: self.classes.get(digit, 0) + other.classes.get(digit, 0) for digit in digits},
            tuple(map(add, self.within, other.within)),
            self.duration_s + other.duration_s,
        )

    def since(self, before: "HostRequests") -> "HostRequests":
        """What came after `before`, a look under the same document."""
        return HostRequests(
            {
                digit: number - before.classes.get(digit, 0)
                for digit, number in self.classes.items()
            },
            tuple(map(sub, self.within, before.within)),
            self.duration_s - before.duration_s,
        )


NONE: Final = HostRequests()


@dataclass(frozen=True, slots=True)
class Requests:
    """Caddy's figures at one moment; they began at `loaded_at`, unix seconds."""

    loaded_at: float = 0.0
    hosts: Mapping[str, HostRequests] = field(default_factory=dict)

    def since(self, before: "Requests") -> Mapping[str, HostRequests]:
        """What came after `before`, by host; all of it where the figures began anew meanwhile.

        Nothing where `before` saw nothing: what came then may have come long before.
        """
        if not before.loaded_at:
            return {}
        if before.loaded_at != self.loaded_at:
            return self.hosts
        return {host: now.since(before.hosts.get(host, NONE)) for host, now in self.hosts.items()}


def read_requests(text: str) -> Requests:
    """The figures in an answer of Caddy's metrics endpoint, asked for `FIGURES`."""
    classes: defaultdict[str, Counter[int]] = defaultdict(Counter)
    within: defaultdict[str, list[int]] = defaultdict(lambda: list(_NO_BOUNDS))
    duration_s: defaultdict[str, float] = defaultdict(float)
    for kind, code, host, bound, value in _LINE.findall(text):
        if kind == "count":
            classes[host][int(code[:1] or 0)] += round(float(value))
        elif kind == "sum":
            duration_s[host] += float(value)
        elif bound in _PLACES:
            within[host][_PLACES[bound]] += round(float(value))
    loaded = _LOADED.search(text)
    hosts = {
        host: HostRequests(counts, tuple(within[host]), duration_s[host])
        for host, counts in classes.items()
    }
    return Requests(float(loaded[1]) if loaded else 0.0, hosts)
