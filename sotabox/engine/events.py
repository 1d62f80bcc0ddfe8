"""The engine's news about this box's containers, without a gap that nobody notices."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sotabox.engine import labels
from sotabox.engine.client import Engine, EngineError
from sotabox.engine.faults import unavailable
from sotabox.errors import SotaboxError

_LOG: Final = logging.getLogger(__name__)
#: Named in the subscription: others (three for each exec) would only fill the engine's ring.
_ACTIONS: Final = ("start", "die", "oom", "destroy")
_BACKOFF_S: Final = (0.1, 5.0)
_PING_EVERY_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class ContainerEvent:
    """Something that happened to a container of this box.

    Attributes:
        action: `start`, `die`, `oom` (a process of it ran out of memory) or `destroy`.
        labels: the container's labels; the engine adds `image` and `name` to them.
        exit_code: with `die` only.
    """

    action: str
    container_id: str
    labels: Mapping[str, str]
    exit_code: int | None
    at_ns: int

    @property
    def project_id(self) -> str | None:
        return self.labels.get(labels.PROJECT)

    @property
    def deployment_id(self) -> str | None:
        return self.labels.get(labels.DEPLOYMENT)


def read_event(message: Mapping[str, Any]) -> ContainerEvent:
    """The event in a line of the engine's stream."""
    actor = message["Actor"]
    attributes: dict[str, str] = actor.get("Attributes") or {}
    action = str(message["Action"])
    code = attributes.get("exitCode")
    return ContainerEvent(
        action=action,
        container_id=actor["ID"],
        labels=attributes,
        exit_code=int(code) if action == "die" and code is not None else None,
        at_ns=int(message.get("timeNano", 0)),
    )


async def watch(
    engine: Engine,
    on_event: Callable[[ContainerEvent], Awaitable[None]],
    on_connected: Callable[[], Awaitable[None]],
    *,
    ping_every_s: float = _PING_EVERY_S,
) -> None:
    """Tell of events until cancelled, through every loss of the engine.

    The engine can't replay what was missed. So at each connection `on_connected` is called first,
    when the subscription already holds: what it reads, and the events after it, leave no gap.
    """
    delay_s = _BACKOFF_S[0]
    while True:
        connected = asyncio.Event()
        try:
            await _watch_once(engine, on_event, on_connected, connected, ping_every_s)
        except* (SotaboxError, EngineError) as errors:
            _LOG.warning("the engine's events are interrupted: %s", errors.exceptions[0])
        engine.away_since = engine.away_since or datetime.now(UTC)
        if connected.is_set():
            delay_s = _BACKOFF_S[0]
        await asyncio.sleep(delay_s)
        delay_s = min(delay_s * 2, _BACKOFF_S[1])


async def _watch_once(
    engine: Engine,
    on_event: Callable[[ContainerEvent], Awaitable[None]],
    on_connected: Callable[[], Awaitable[None]],
    connected: asyncio.Event,
    ping_every_s: float,
) -> None:
    """One connection, to its end, which is always an error: the engine's streams just stop."""
    filters = {
        "type": ["container"],
        "event": list(_ACTIONS),
        "label": labels.filter_of(engine.instance_id),
    }
    async with (
        engine.request("GET", "/events", {"filters": json.dumps(filters)}) as answer,
        asyncio.TaskGroup() as group,
    ):
        watchdog = group.create_task(_watchdog(engine, ping_every_s), name="engine watchdog")
        engine.away_since = None
        await on_connected()
        connected.set()
        async for message in answer.json_lines():
            event = read_event(message)
            if labels.is_our_container(event.labels, engine.instance_id):
                await on_event(event)
        watchdog.cancel()
        raise unavailable(engine.socket_path, "its event stream ended")


async def _watchdog(engine: Engine, every_s: float) -> None:
    """An engine that hangs keeps its streams open: only asking it shows."""
    while True:
        await asyncio.sleep(every_s)
        if not await engine.ping():
            raise unavailable(engine.socket_path, "it hangs")
