"""News of the box, and the bus that carries them to whoever listens.

Publishing never waits: each subscriber has a bounded queue, and one that falls behind loses what it
missed and is told so by a `Lagged`; it then looks at the store, where the truth is.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, TypeAlias

from sotabox.model.deployment import Status

QUEUE_LENGTH: Final = 256


@dataclass(frozen=True, slots=True)
class DeploymentChanged:
    """A deployment came into being or entered another state."""

    project_id: str
    deployment_id: str
    status: Status


@dataclass(frozen=True, slots=True)
class ProjectChanged:
    """A project was created, renamed or deleted."""

    project_id: str


@dataclass(frozen=True, slots=True)
class DomainChanged:
    """A custom domain was added, looked at, redirected or removed."""

    project_id: str
    domain_id: str


@dataclass(frozen=True, slots=True)
class Sampled:
    """New figures of apps are in the store."""


@dataclass(frozen=True, slots=True)
class HealthChanged:
    """An app that serves began to end by itself again and again, goes on with that, or has stopped."""

    project_id: str
    deployment_id: str


@dataclass(frozen=True, slots=True)
class ReplicasChanged:
    """A container of an app that serves went down, or came back."""

    project_id: str


@dataclass(frozen=True, slots=True)
class Lagged:
    """The subscriber was too slow; events before this one are lost to it."""


Event: TypeAlias = (
    DeploymentChanged
    | ProjectChanged
    | DomainChanged
    | HealthChanged
    | ReplicasChanged
    | Sampled
    | Lagged
)


class Subscription:
    """What one listener has not yet seen."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[Event | None] = asyncio.Queue(QUEUE_LENGTH)
        self._ended = False

    def put(self, event: Event | None) -> None:
        """Adds an event (None: the end), or replaces all that waits by `Lagged` where it is full."""
        if self._ended:
            return
        self._ended = event is None
        try:
            self._queue.put_nowait(event)
        except asyncio.QueueFull:
            while not self._queue.empty():
                self._queue.get_nowait()
            self._queue.put_nowait(Lagged())
            self._queue.put_nowait(event)

    async def __aiter__(self) -> AsyncIterator[Event]:
        while (event := await self._queue.get()) is not None:
            yield event


class Bus:
    """Hands each event to all who subscribed before it."""

    def __init__(self) -> None:
        self._subscriptions: set[Subscription] = set()
        self._closed = False
        #: How many events there were: who looked at the store before knows whether it is still so.
        self.published = 0

    def publish(self, event: Event) -> None:
        """Tells everybody; never waits."""
        self.published += 1
        for subscription in self._subscriptions:
            subscription.put(event)

    @contextmanager
    def subscribe(self) -> Iterator[Subscription]:
        """A subscription for the time of the block; one to a closed bus is at its end at once."""
        subscription = Subscription()
        if self._closed:
            subscription.put(None)
        self._subscriptions.add(subscription)
        try:
            yield subscription
        finally:
            self._subscriptions.discard(subscription)

    def close(self) -> None:
        """Ends every subscription, so that streams finish before the server stops."""
        self._closed = True
        for subscription in self._subscriptions:
            subscription.put(None)
