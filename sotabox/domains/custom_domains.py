"""The room's front door: what operations may ask of it."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from sotabox.domains.addresses import Addresses
from sotabox.domains.ask import AskIndex
from sotabox.domains.records import Record, plan_records
from sotabox.domains.watch import DomainWatch
from sotabox.errors import RouterUnavailable
from sotabox.model.domain import Domain
from sotabox.model.project import Project

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Instructions:
    """What the owner of a domain has to set; `note` says what is doubtful about it."""

    records: list[Record]
    note: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomDomains:
    """Leads domains of their owners' to projects."""

    watch: DomainWatch
    addresses: Addresses
    index: AskIndex
    app_host: Callable[[str], str]
    apply_routes: Callable[[], Awaitable[None]]

    async def instructions(self, domain: Domain, project: Project) -> Instructions:
        """The records that lead `domain` to its project."""
        box = await self.addresses.find()
        records = plan_records(domain, self.app_host(project.slug), box)
        return Instructions(records, box.note if domain.is_apex else None)

    async def put_in_force(self, what: str) -> None:
        """Serves what the store says, from now on; where Caddy is away, from its next start on."""
        try:
            await self.apply_routes()
        except RouterUnavailable as error:
            _logger.warning("%s is in force from Caddy's next start on: %s", what, error)
