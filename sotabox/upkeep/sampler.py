"""Looks every half minute at what apps use and answer, and keeps that for the dashboard's graphs."""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Never

from sotabox.engine.cgroups import find_hierarchy
from sotabox.engine.client import Engine, EngineError
from sotabox.engine.usage import NOTHING, Usage, read_usages, total
from sotabox.errors import RouterUnavailable, SotaboxError
from sotabox.model.sample import RINGS, Sample, Span
from sotabox.router.admin import Admin
from sotabox.router.requests import FIGURES, NONE, HostRequests, Requests, read_requests
from sotabox.store.store import Store

EVERY_S: Final = RINGS[Span.HOUR].step_s

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen at one moment (`at`: the monotonic clock).

    Attributes: slugs, containers (of all replicas): by project; usages: by container; requests: by host.
    """

    at: float = 0.0
    slugs: Mapping[str, str] = field(default_factory=dict)
    containers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    usages: Mapping[str, Usage] = field(default_factory=dict)
    requests: Requests = field(default_factory=Requests)
    hosts: Mapping[str, str] = field(default_factory=dict)  # a host's project

    def usage_of(self, project_id: str) -> Usage | None:
        """What all of a project's containers use; None where that is not known."""
        known = [self.usages[id_] for id_ in self.containers[project_id] if id_ in self.usages]
        return total(known) if known else None

    def requests_of(self, project_id: str) -> HostRequests:
        """What a project was asked, on all its hosts."""
        return _by_project(self.requests.hosts, self.hosts).get(project_id, NONE)


@dataclass(slots=True)
class Latest:
    """The last look, for whoever asks how apps are now."""

    look: Look = field(default_factory=Look)


@dataclass(frozen=True, slots=True)
class Sampler:
    """Takes looks, and stores what happened between two of them."""

    store: Store
    engine: Engine
    admin: Admin
    host_of: Callable[[str], str]
    latest: Latest

    async def run(self) -> Never:
        """Looks on, at even times; the root of its task."""
        before = None
        while True:
            await asyncio.sleep(EVERY_S - time.time() % EVERY_S)
            try:
                look = await self._look()
                if before is not None:
                    # Begun just before this moment: it belongs to the step that ends now.
                    await self.store.samples.add(int(time.time()) - 1, samples(before, look))
                before = self.latest.look = look
            except (SotaboxError, EngineError, OSError) as error:
                _logger.info("what apps use was not noted: %s", error)

    async def _look(self) -> Look:
        serving = await self.store.samples.serving()
        hosts = {self.host_of(slug): project_id for project_id, slug, _ in serving}
        hosts.update(await self.store.samples.domains())
        try:
            requests = read_requests(await self.admin.metrics(FIGURES))
        except RouterUnavailable:  # what is missed now is counted the next time
            requests = self.latest.look.requests
        containers = {project_id: ids for project_id, _, ids in serving}
        return Look(
            at=time.monotonic(),
            slugs={project_id: slug for project_id, slug, _ in serving},
            containers=containers,
            usages=await self._usages([id_ for ids in containers.values() for id_ in ids]),
            requests=requests,
            hosts=hosts,
        )

    async def _usages(self, container_ids: list[str]) -> dict[str, Usage]:
        hierarchy = await asyncio.to_thread(find_hierarchy)
        if hierarchy is None or not container_ids:
            return {}
        try:
            groups = await self.engine.groups()
        except (SotaboxError, EngineError):  # it is away, and with it perhaps what we would read
            return {}
        return await asyncio.to_thread(read_usages, hierarchy, groups, container_ids)


def samples(before: Look, after: Look) -> list[Sample]:
    """What happened between two looks, of each project that served at the second one (pure)."""
    asked = _by_project(after.requests.since(before.requests), after.hosts)
    return [
        _sample(project_id, ids, asked.get(project_id, NONE), before, after)
        for project_id, ids in after.containers.items()
    ]


def _sample(
    project_id: str,
    container_ids: Sequence[str],
    asked: HostRequests,
    before: Look,
    after: Look,
) -> Sample:
    # A container that is new since then has used all of its time since then.
    used = total(
        after.usages[id_].since(before.usages.get(id_, NOTHING))
        for id_ in container_ids
        if id_ in after.usages
    )
    return Sample(
        project_id=project_id,
        seconds=round(after.at - before.at, 3),
        cpu_ms=used.cpu_us // 1000,
        memory_bytes=used.memory_bytes,
        ok=asked.classes.get(2, 0) + asked.classes.get(1, 0),
        redirect=asked.classes.get(3, 0),
        client_error=asked.classes.get(4, 0),
        server_error=asked.classes.get(5, 0),
        duration_ms=max(0, round(asked.duration_s * 1000)),
        slow=max(0, asked.total - asked.within_1s),
        within=tuple(max(0, number) for number in asked.within),
        received_bytes=used.received_bytes,
        sent_bytes=used.sent_bytes,
    )


def _by_project(
    by_host: Mapping[str, HostRequests], projects: Mapping[str, str]
) -> dict[str, HostRequests]:
    found: dict[str, HostRequests] = {}
    for host, requests in by_host.items():
        if (project_id := projects.get(host)) is not None:
            found[project_id] = found.get(project_id, NONE) + requests
    return found
