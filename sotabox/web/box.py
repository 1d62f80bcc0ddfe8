"""What a request handler may reach of the box."""

import asyncio
from dataclasses import dataclass, field

from sotabox.domains.custom_domains import CustomDomains
from sotabox.events import Bus
from sotabox.pipeline.pipeline import Pipeline
from sotabox.settings import Settings
from sotabox.store.store import Store


@dataclass(frozen=True, slots=True)
class Box:
    """The parts of a running box, given to handlers as the dependency `box`."""

    settings: Settings
    store: Store
    pipeline: Pipeline
    bus: Bus
    domains: CustomDomains
    #: Set when the box stops: streams end themselves, as the server waits for them.
    closing: asyncio.Event = field(default_factory=asyncio.Event)
