"""What visitors meet while a version takes over: counted by Caddy, looked at from the side.

A look costs Caddy a millisecond or two with a few hosts, and tens with hundreds. So the first one is
taken while the candidate is probed, and no deployment waits for one longer than `PATIENCE_S`.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final

from sotabox.errors import RouterUnavailable
from sotabox.model.guard import Answers
from sotabox.model.project import Project
from sotabox.model.swap import SwapReport
from sotabox.model.times import now
from sotabox.router.admin import Admin
from sotabox.router.requests import FIGURES
from sotabox.router.traffic import (
    COUNTERS,
    Tally,
    Traffic,
    read_answers,
    read_traffic,
    tally,
)
from sotabox.store.store import Store
from sotabox.tasks import end_tasks

#: What a look may hold up a deployment, at most.
PATIENCE_S: Final = 0.1
#: A candidate that takes long to be healthy is no reason to count from long before the swap.
_FRESH_S: Final = 5.0

_logger = logging.getLogger(__name__)


class Visits:
    """Counts the requests of projects during their swaps."""

    def __init__(self, store: Store, admin: Admin, host_of: Callable[[str], str]) -> None:
        self._store = store
        self._admin = admin
        self._host_of = host_of

    @asynccontextmanager
    async def watch(self, project: Project) -> AsyncIterator["Watch"]:
        """A watch that looks ahead for the time of the block, and counts from its swap on."""
        watch = Watch(self._look)
        looking = asyncio.create_task(watch.look_ahead(), name=f"count for {project.slug}")
        try:
            watch.hosts = await self._hosts(project)
            yield watch
        finally:
            await end_tasks([looking])

    async def answers(self, project: Project) -> Answers:
        """What visitors of a project were answered since Caddy's counters began.

        Raises:
            RouterUnavailable: Caddy does not say.
        """
        return read_answers(await self._admin.metrics(FIGURES), await self._hosts(project))

    async def _hosts(self, project: Project) -> frozenset[str]:
        domains = await self._store.domains.of_project(project.id)
        return frozenset({self._host_of(project.slug), *(domain.domain for domain in domains)})

    async def _look(self) -> Traffic:
        return read_traffic(await self._admin.metrics(COUNTERS))


class Watch:
    """The requests of one project from just before its swap on."""

    def __init__(self, look: Callable[[], Awaitable[Traffic]]) -> None:
        self.hosts: frozenset[str] = frozenset()
        self._look = look
        self._before: Traffic | None = None
        self._looked = asyncio.Event()
        self._looked_at = self._started_at = now()
        self._held = False

    async def look_ahead(self) -> None:
        """Keeps a recent look until the swap; the work of a task beside the deployment."""
        while not self._held:
            moment, traffic = now(), await self._try()
            if not self._held:
                self._before, self._looked_at = traffic, moment
                self._looked.set()
                await asyncio.sleep(_FRESH_S)

    async def hold(self) -> None:
        """The swap is next: counting starts with the last look."""
        if not self._looked.is_set():
            try:
                async with asyncio.timeout(PATIENCE_S):
                    await self._looked.wait()
            except TimeoutError:
                _logger.info("a swap is not counted: Caddy took too long to say where it starts")
        self._held = True
        self._started_at = now() if self._before is None else self._looked_at

    async def report(
        self,
        switch_ms: int,
        *,
        drain_ms: int | None = None,
        cut: int = 0,
        patience_s: float | None = None,
    ) -> SwapReport:
        """What visitors met so far; without their number where that can't be told (in time)."""
        tally = await self._tally(patience_s)
        return SwapReport(
            started_at=self._started_at,
            ended_at=now(),
            switch_ms=switch_ms,
            drain_ms=drain_ms,
            requests=tally.requests if tally else None,
            lost=tally.lost if tally else None,
            cut=cut,
        )

    async def _tally(self, patience_s: float | None) -> Tally | None:
        if self._before is None:
            return None
        try:
            async with asyncio.timeout(patience_s):
                after = await self._try()
        except TimeoutError:
            return None
        return None if after is None else tally(self._before, after, self.hosts)

    async def _try(self) -> Traffic | None:
        try:
            return await self._look()
        except RouterUnavailable as error:
            _logger.info("a swap is not counted: %s", error)
            return None


def describe(report: SwapReport) -> str:
    """A swap in a line of the log."""
    line = f"Switched in {report.switch_ms} ms"
    if report.requests is None:
        return line
    return f"{line}, {report.lost} of {report.requests} requests lost"
