"""Webhooks: who is told of deploys, and the record of what was sent."""

from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

import msgspec

from sotabox.model.deployment import Status

WEBHOOKS_MAX: Final = 10  # of a project
URL_MAX: Final = 2048
DELIVERIES_KEPT: Final = 100  # of a webhook, besides those that still wait
#: Nobody wants to hear of a deploy of the day before yesterday.
DELIVERY_AGE_MAX: Final = timedelta(days=1)
#: One try and its repetitions: over some 20 minutes, by `webhooks.schedule`.
ATTEMPTS_MAX: Final = 8


class Event(StrEnum):
    """What a webhook may be told."""

    STARTED = "deploy.started"  # its build, or the start of its container, has begun
    SUCCEEDED = "deploy.succeeded"  # it serves the project's visitors
    FAILED = "deploy.failed"  # it has begun, but will never serve: failed, or stopped before
    DEGRADED = "app.degraded"  # it serves, and ends by itself again and again
    RECOVERED = "app.recovered"  # it has not done so for a while
    PING = "ping"  # somebody wanted to see whether the webhook works


SUBSCRIBABLE: Final = (
    Event.STARTED,
    Event.SUCCEEDED,
    Event.FAILED,
    Event.DEGRADED,
    Event.RECOVERED,
)


class DeliveryStatus(StrEnum):
    """Where a delivery stands."""

    WAITING = "waiting"  # for its first attempt, or for the next one
    DELIVERED = "delivered"  # answered with a 2xx
    FAILED = "failed"  # given up


class Webhook(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook's row, with its secret in the clear."""

    id: str
    project_id: str
    url: str
    events: tuple[Event, ...]
    active: bool
    secret: str
    created_at: str
    updated_at: str


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery's row: one event for one webhook, and how it went.

    The body is made of it at each attempt, so that it is the same every time.
    """

    id: str
    webhook_id: str
    project_id: str
    event: Event
    deployment_id: str | None  # None for a ping
    deployment_status: Status | None
    event_at: str
    resent_from: str | None
    status: DeliveryStatus
    attempts: int
    next_attempt_at: str
    response_status: int | None
    response_body: str | None
    error: str | None
    duration_ms: int | None
    created_at: str
    updated_at: str


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """How one attempt went: an answer, or an error instead of it."""

    response_status: int | None = None
    response_body: str | None = None
    error: str | None = None
    duration_ms: int

    @property
    def accepted(self) -> bool:
        """Whether the receiver has taken the event in."""
        return self.response_status is not None and 200 <= self.response_status < 300


def event_of(before: Status | None, after: Status) -> Event | None:
    """What a deployment's way from `before` (None: it is new) to `after` tells the webhooks.

    A start that is repeated after a crash is the same start; that something ran and ended later is
    no failure of its deploy.
    """
    if after is Status.RUNNING:
        return Event.SUCCEEDED
    if after is Status.BUILDING or (after is Status.DEPLOYING and before in {None, Status.PENDING}):
        return Event.STARTED
    if after in {Status.FAILED, Status.STOPPED} and before is not Status.RUNNING:
        return Event.FAILED
    return None


def check_events(events: Sequence[str]) -> str | None:
    """Why `events` can't be subscribed to, in words; None when they can."""
    known = ", ".join(SUBSCRIBABLE)
    if not events:
        return f"name at least one of {known}"
    for event in events:
        if event not in SUBSCRIBABLE:
            return f"there is no event {event[:50]!r}; known are {known}"
    if len(set(events)) != len(events):
        return "each event may stand in it once"
    return None


def check_url(url: str) -> str | None:
    """Why nothing can be posted to `url`, in words; None when it has the form of an address.

    Where it leads is another question: `webhooks.addresses`.
    """
    if len(url) > URL_MAX:
        return f"use at most {URL_MAX} characters"
    if not url.isascii() or any(c.isspace() or not c.isprintable() for c in url):
        return "use ASCII without spaces; write other hosts in punycode (xn--…)"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "this is not a URL"
    problems = {
        "it must start with https:// or http://": parts.scheme not in {"http", "https"},
        "it names no host, or no port that exists": not parts.hostname or port == 0,
        "it must not hold a user or a password; the signature shows who sends": "@" in parts.netloc,
        "it must not hold a '#' or a '\\'": "#" in url or "\\" in url,
    }
    return next((problem for problem, met in problems.items() if met), None)
