"""Caddy's counters by host, read from its metrics (pure).

A request counts when it ends, at `headers`, the first handler of every route. One that ends there
in an error is one that Caddy answered by itself: no upstream took it, or none answered. An app's own
502 is an answer, and a client that went away (499) is none of Caddy's errors.

Source: Caddy 2.11, `modules/caddyhttp/metrics.go`, seen on the real one. The counters begin anew
with each document that Caddy loads, and it says since when that is in force.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from sotabox.model.guard import Answers
from sotabox.router.requests import NONE, read_requests

_REQUESTS: Final = "caddy_http_requests_total"
_ERRORS: Final = "caddy_http_request_errors_total"
_LOADED_AT: Final = "caddy_config_last_reload_success_timestamp_seconds"
#: All that is needed to see who was lost: some 150 bytes a host instead of thousands.
COUNTERS: Final = (_REQUESTS, _ERRORS, _LOADED_AT)

_SAMPLE: Final = re.compile(r"^(\w+)(?:\{([^}]*)\})? (\S+)$", re.MULTILINE)
_LABEL: Final = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


@dataclass(frozen=True, slots=True)
class Tally:
    """Requests that ended, and how many of them Caddy had to answer by itself with an error."""

    requests: int
    lost: int


@dataclass(frozen=True, slots=True)
class Traffic:
    """Caddy's counters at one moment.

    Attributes:
        loaded_at: since when its document is in force, unix seconds; the counters began then.
        requests: by host.
        failed: by host, those of them that Caddy answered with an error of its own.
    """

    loaded_at: float
    requests: Mapping[str, int] = field(default_factory=dict)
    failed: Mapping[str, int] = field(default_factory=dict)


def read_traffic(text: str) -> Traffic:
    """The counters in an answer of Caddy's metrics endpoint, asked for `COUNTERS`."""
    loaded_at = 0.0
    counts: dict[str, defaultdict[str, int]] = {
        _REQUESTS: defaultdict(int),
        _ERRORS: defaultdict(int),
    }
    for name, labels, value in _SAMPLE.findall(text):
        if name == _LOADED_AT:
            loaded_at = float(value)
        elif name in counts and 'handler="headers"' in labels:
            # A host may be asked by HTTP and by HTTPS, which are two servers.
            host = dict(_LABEL.findall(labels)).get("host", "")
            counts[name][host.partition(":")[0]] += round(float(value))  # an unusual port behind it
    return Traffic(loaded_at, dict(counts[_REQUESTS]), dict(counts[_ERRORS]))


def tally(before: Traffic, after: Traffic, hosts: Iterable[str]) -> Tally | None:
    """What visitors of `hosts` met between two moments; None where the counters began anew between them."""
    if before.loaded_at != after.loaded_at:
        return None
    hosts = frozenset(hosts)
    return Tally(
        _sum(after.requests, hosts) - _sum(before.requests, hosts),
        _sum(after.failed, hosts) - _sum(before.failed, hosts),
    )


def read_answers(text: str, hosts: Collection[str]) -> Answers:
    """What visitors of `hosts` were answered since the counters began; asked for `FIGURES`."""
    found = read_requests(text).hosts
    all_ = sum((found[host] for host in hosts if host in found), NONE)
    return Answers(all_.total, all_.classes.get(5, 0))


def _sum(counts: Mapping[str, int], hosts: frozenset[str]) -> int:
    return sum(counts.get(host, 0) for host in hosts)
