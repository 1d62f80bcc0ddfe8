"""A model of one project's world, on which repairs are carried out as values."""

import itertools
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from sotabox.engine.container import Container
from sotabox.engine.labels import DEPLOYMENT, PROJECT, ROLE, Role
from sotabox.model.deployment import Deployment, Source, Status
from sotabox.model.replica import Replica, upstream_of
from sotabox.model.replica import replace as replace_replica
from sotabox.pipeline.recovery import (
    FinishSwap,
    Keep,
    Repair,
    ReplaceContainer,
    Resubmit,
    Retire,
    SendVisitors,
    ShowPage,
    StartContainer,
    plan_repairs,
)

WAITING = "unix//run/waiting.sock"
PAUSED = "unix//run/paused.sock"
PORT = 8080
ENDED = frozenset({Status.STOPPED, Status.FAILED})
_addresses = itertools.count(2)


def deployment(id_: str, status: Status, *containers: Container) -> Deployment:
    """A row as the store would give it, of a deployment that these containers serve."""
    return Deployment(
        id=id_,
        project_id="p",
        number=1,
        status=status,
        source=Source.ARCHIVE,
        image_id="sha256:1",
        port=PORT,
        replicas=tuple(Replica(c.id, target(c)) for c in containers),
        phases={},
        created_at="",
        updated_at="",
    )


def container(
    id_: str,
    deployment_id: str,
    ip: str,
    *,
    running: bool = True,
    policy: str = "unless-stopped",
    role: Role = Role.APP,
) -> Container:
    """A container as the engine would give it."""
    return Container(
        id=id_,
        name=id_,
        image_id="sha256:1",
        labels={PROJECT: "p", DEPLOYMENT: deployment_id, ROLE: role},
        running=running,
        restarting=False,
        pid=1 if running else 0,
        address=ip if running else None,
        fixed_address=ip,
        exit_code=0,
        oom_killed=False,
        restart_count=0,
        restart_policy=policy,
        started_at="",
        error="",
    )


def target(*of: Container) -> str:
    """The upstream that leads to a container, or to several."""
    return " ".join(f"{one.fixed_address}:{PORT}" for one in of)


@dataclass
class World:
    """What the store, the engine, the upstream file, queue and drains hold of a project."""

    deployments: dict[str, Deployment]
    containers: dict[str, Container]
    upstream: str | None
    active: set[str] = field(default_factory=set)
    draining: set[str] = field(default_factory=set)
    paused: bool = False

    def plan(self) -> list[Repair]:
        """The repairs that this world needs."""
        return plan_repairs(
            [d for d in self.deployments.values() if d.status not in ENDED],
            list(self.containers.values()),
            self.upstream,
            active=frozenset(self.active),
            draining=frozenset(self.draining),
            page=PAUSED if self.paused else None,
        )

    def repair(self) -> list[Repair]:
        """Carries all of them out, holding each to what must never happen."""
        repairs = self.plan()
        for repair in repairs:
            self.apply(repair)
        return repairs

    def apply(self, repair: Repair) -> None:
        match repair:
            case ShowPage(address):
                assert address in {None, *([PAUSED] if self.paused else [])}
                self.upstream = address or WAITING
            case SendVisitors(d):
                replicas = self.deployments[d.id].replicas
                assert {r.address for r in replicas} <= self.served(), f"dead end: {repair}"
                self.upstream = upstream_of(replicas)
            case StartContainer(_, c):
                self._change(c, running=True, address=c.fixed_address)
            case ReplaceContainer(d, ordinal):
                self._replace(self.deployments[d.id], ordinal)
            case FinishSwap(d, found):
                assert self.upstream == target(*found), "nobody was swapped to it"
                self._finish(d, found)
            case Keep(c):
                self._change(c, restart_policy="unless-stopped")
            case Retire(c):
                known = self.containers.get(c.id)
                if known and known.running:
                    at = (self.upstream or "").split(" ")
                    assert target(known) not in at, f"visitors are with {c.id}"
                self.draining.add(c.id)
            case Resubmit(d, restart):
                assert d.id not in self.active
                if restart:
                    self._set(d, status=Status.PENDING)
                self.active.add(d.id)

    def drain(self) -> None:
        """All that drains is gone."""
        for id_ in self.draining:
            self.containers.pop(id_, None)
        self.draining.clear()

    def served(self) -> set[str]:
        """Where somebody answers."""
        return {target(c) for c in self.containers.values() if c.running}

    def _replace(self, d: Deployment, ordinal: int) -> None:
        others = {r.container_id for n, r in enumerate(d.replicas) if n != ordinal}
        left = [c for c in self.containers.values() if c.deployment_id == d.id]
        for c in left:
            if c.id not in others:
                del self.containers[c.id]
        number = next(_addresses)
        fresh = container(f"fresh-{number}", d.id, f"10.9.{number // 250}.{number % 250}")
        self.containers[fresh.id] = fresh
        made = Replica(fresh.id, target(fresh))
        self._set(d, replicas=replace_replica(d.replicas, ordinal, made))

    def _finish(self, d: Deployment, found: tuple[Container, ...]) -> None:
        for other in self.deployments.values():
            if other.status is Status.RUNNING:
                self._set(other, status=Status.STOPPED)
                serving = {r.container_id for r in other.replicas}
                self.draining |= serving & self.containers.keys()
        self._set(d, status=Status.RUNNING, replicas=tuple(Replica(c.id, target(c)) for c in found))
        self.paused = False
        for c in found:
            self._change(c, restart_policy="unless-stopped")

    def _set(self, d: Deployment, **changes: Any) -> None:
        self.deployments[d.id] = msgspec.structs.replace(self.deployments[d.id], **changes)

    def _change(self, c: Container, **changes: Any) -> None:
        self.containers[c.id] = replace(self.containers[c.id], **changes)
