"""Requests by host, their answers and their time, read from Caddy's metrics (pure).

A request counts when it ends, at `headers`, the first handler of every route; a WebSocket or an event
stream so counts with all the time that it was open. Source: Caddy 2.11,
`modules/caddyhttp/metrics.go`, seen on the real one.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

_DURATION: Final = "caddy_http_request_duration_seconds"
_LOADED_AT: Final = "caddy_config_last_reload_success_timestamp_seconds"
#: All that is needed to be asked for.
FIGURES: Final = (_DURATION, _LOADED_AT)

_LINE: Final = re.compile(
    rf'^{_DURATION}_(count|sum|bucket)\{{code="(\d*)",handler="headers",host="([^"]*)",'
    r'method="[^"]*",server="[^"]*"(?:,le="1")?\} (\S+)$',
    re.MULTILINE,
)
_LOADED: Final = re.compile(rf"^{_LOADED_AT} (\S+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class HostRequests:
    """What a host was asked since Caddy's document is in force.

    Attributes:
        classes: requests by the first digit of their answer's status.
        within_1s: those that took a second at most; duration_s: of all together.
    """

    classes: Mapping[int, int] = field(default_factory=dict)
    within_1s: int = 0
    duration_s: float = 0.0

    @property
    def total(self) -> int:
        return sum(self.classes.values())

    def __add__(self, other: "HostRequests") -> "HostRequests":
        digits = self.classes.keys() | other.classes.keys()
        return HostRequests(
            {digit: self.classes.get(digit, 0) + other.classes.get(digit, 0) for digit in digits},
            self.within_1s + other.within_1s,
            self.duration_s + other.duration_s,
        )

    def since(self, before: "HostRequests") -> "HostRequests":
        """What came after `before`, a look under the same document."""
        return HostRequests(
            {
                digit: number - before.classes.get(digit, 0)
                for digit, number in self.classes.items()
            },
            self.within_1s - before.within_1s,
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
    hosts: dict[str, HostRequests] = {}
    for kind, code, host, value in _LINE.findall(text):
        number = float(value)
        if kind == "count":
            more = HostRequests({int(code[:1] or 0): round(number)})
        elif kind == "sum":
            more = HostRequests(duration_s=number)
        else:
            more = HostRequests(within_1s=round(number))
        hosts[host] = hosts.get(host, NONE) + more
    loaded = _LOADED.search(text)
    return Requests(float(loaded[1]) if loaded else 0.0, hosts)
