"""What a request handler may reach of the box."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from sotabox.domains.custom_domains import CustomDomains
from sotabox.events import Bus
from sotabox.operations.sessions import Guard
from sotabox.operations.throttle import GUESSES_MAX, Throttle
from sotabox.pipeline.pipeline import Pipeline
from sotabox.settings import Settings
from sotabox.store.store import Store
from sotabox.upkeep.sampler import Latest
from sotabox.upkeep.vitals import Vitals
from sotabox.webhooks.courier import Courier


@dataclass(frozen=True, slots=True)
class Box:
    """The parts of a running box, given to handlers as the dependency `box`."""

    settings: Settings
    store: Store
    pipeline: Pipeline
    bus: Bus
    domains: CustomDomains
    courier: Courier
    url_of: Callable[[str], str]  # a host's address as a person would type it
    logins: Guard = field(default_factory=Guard)
    #: Of codes that devices show, and of addresses that others have a login by.
    guesses: Throttle = field(default_factory=lambda: Throttle(GUESSES_MAX))
    vitals: Vitals = field(default_factory=Vitals)
    latest: Latest = field(default_factory=Latest)
    #: Set when the box stops: streams end themselves, as the server waits for them.
    closing: asyncio.Event = field(default_factory=asyncio.Event)

    def url_of_app(self, slug: str) -> str:
        """Where an app is reached."""
        return self.url_of(f"{slug}.{self.settings.domain}")

    def page(self, path: str) -> str:
        """The address of a page of the dashboard, such as `/device`."""
        return self.url_of(self.settings.domain) + path
