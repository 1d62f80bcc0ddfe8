"""Looks at every domain when its time has come, and brings it from pending to active."""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Never

import msgspec

from sotabox.domains.addresses import Addresses
from sotabox.domains.records import plan_records
from sotabox.domains.resolver import Resolver
from sotabox.domains.verification import SOON_S, check_dns, next_check_s, probe_name
from sotabox.errors import RouterUnavailable, SotaboxError
from sotabox.fault_points import FaultPoint, reach
from sotabox.model.domain import Domain, DomainStatus
from sotabox.model.times import format_time, now, parse_time
from sotabox.store.store import Store

_AT_ONCE: Final = 8
_PAUSE_MIN_S: Final = 1.0
_PAUSE_MAX_S: Final = 3600.0
_FAULT: Final = "The box met a fault of its own; its log says more"

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainWatch:
    """Checks domains one by one; each step is a write of its own, so that any may be the last.

    Args:
        app_host: the name below the box's own domain that a project's slug has.
        apply_routes: puts the routes in force that the store holds.
        obtain_certificate: makes Caddy have one of a name; why there is none, in words.
    """

    store: Store
    resolver: Resolver
    addresses: Addresses
    app_host: Callable[[str], str]
    apply_routes: Callable[[], Awaitable[None]]
    obtain_certificate: Callable[[str], Awaitable[str | None]]
    _woken: asyncio.Event = field(default_factory=asyncio.Event)
    _busy: set[str] = field(default_factory=set)

    def wake(self) -> None:
        """Tells that a domain is due now."""
        self._woken.set()

    async def run(self) -> Never:
        """Checks what is due, for as long as the box runs."""
        async with asyncio.TaskGroup() as group:
            while True:
                self._woken.clear()
                try:
                    for domain in await self._due():
                        self._busy.add(domain.id)
                        group.create_task(self._visit(domain), name=f"check {domain.domain}")
                    pause_s = await self._pause_s()
                except SotaboxError as error:
                    _logger.warning("domains could not be looked through: %s", error)
                    pause_s = _PAUSE_MIN_S
                await self._sleep(pause_s)

    async def check(self, domain: Domain) -> None:
        """Looks at a domain now, and takes it as far as it can get."""
        problem = await self._dns_problem(domain)
        if problem is None and domain.status is DomainStatus.PENDING:
            verified = await self._record(
                domain, status=DomainStatus.VERIFIED, verified_at=now(), error_message=None
            )
            if verified is None:
                return
            reach(FaultPoint.DOMAIN_VERIFIED)
            await self._apply(verified)
            domain = verified
        if problem is None and domain.status is DomainStatus.VERIFIED:
            problem = await self._certificate_problem(domain)
            if problem is None:
                active = await self._record(domain, status=DomainStatus.ACTIVE, error_message=None)
                if active is not None:
                    await self._apply(active)  # from here on Caddy renews it without asking us
                return
        await self._record(domain, error_message=problem)

    async def _dns_problem(self, domain: Domain) -> str | None:
        project = await self.store.projects.find(domain.project_id)
        if project is None:
            return "Its project is gone"
        app_host = self.app_host(project.slug)
        box = await self.addresses.find()
        seen = await self.resolver.look(probe_name(domain, secrets.token_hex(4)))
        return check_dns(domain, plan_records(domain, app_host, box), app_host, box, seen)

    async def _certificate_problem(self, domain: Domain) -> str | None:
        if domain.is_wildcard:  # each name below it gets one at its first visit
            return None
        return await self.obtain_certificate(domain.domain)

    async def _apply(self, domain: Domain) -> None:
        try:
            await self.apply_routes()
        except RouterUnavailable as error:
            _logger.warning("%s is served from Caddy's next start on: %s", domain.domain, error)

    async def _record(self, domain: Domain, **changes: Any) -> Domain | None:
        moment = datetime.now(UTC)
        after = domain if "status" not in changes else _with_status(domain, changes, moment)
        due = moment + timedelta(seconds=next_check_s(after, moment))
        return await self.store.domains.record(
            domain.id,
            last_checked_at=format_time(moment),
            next_check_at=format_time(due),
            **changes,
        )

    async def _due(self) -> list[Domain]:
        room = _AT_ONCE - len(self._busy)
        if room <= 0:
            return []
        due = await self.store.domains.due(now(), _AT_ONCE + room)
        return [domain for domain in due if domain.id not in self._busy][:room]

    async def _visit(self, domain: Domain) -> None:
        try:
            await self._check_and_note(domain)
        except SotaboxError as error:
            # It stays due: asking about it every second would help neither the store nor DNS.
            _logger.warning("how %s stands could not be noted: %s", domain.domain, error)
            await asyncio.sleep(SOON_S)
        finally:
            self._busy.discard(domain.id)
            self.wake()

    async def _check_and_note(self, domain: Domain) -> None:
        """A check; what kept it from its end is noted like any other problem of the domain."""
        try:
            await self.check(domain)
        except SotaboxError as error:
            _logger.warning("%s could not be checked: %s", domain.domain, error)
            await self._record(domain, error_message=error.message)
        except Exception:  # a task's root: one odd answer of DNS must not end the box
            _logger.exception("%s could not be checked", domain.domain)
            await self._record(domain, error_message=_FAULT)

    async def _pause_s(self) -> float:
        moment = await self.store.domains.next_check_at()
        if moment is None:
            return _PAUSE_MAX_S
        left_s = (parse_time(moment) - datetime.now(UTC)).total_seconds()
        return min(max(left_s, _PAUSE_MIN_S), _PAUSE_MAX_S)

    async def _sleep(self, pause_s: float) -> None:
        try:
            async with asyncio.timeout(pause_s):
                await self._woken.wait()
        except TimeoutError:
            return


def _with_status(domain: Domain, changes: dict[str, Any], moment: datetime) -> Domain:
    verified_at = domain.verified_at or format_time(moment)
    return msgspec.structs.replace(domain, status=changes["status"], verified_at=verified_at)
