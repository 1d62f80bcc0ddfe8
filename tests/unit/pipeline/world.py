"""A model of one project's world, on which repairs are carried out as values."""

import itertools
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from sotabox.engine.container import Container
from sotabox.engine.labels import DEPLOYMENT, PROJECT, ROLE, Role
from sotabox.model.deployment import Deployment, Source, Status
from sotabox.pipeline.recovery import (
    FinishSwap,
    Keep,
    Point,
    Repair,
    ReplaceContainer,
    Resubmit,
    Retire,
    StartContainer,
    plan_repairs,
)

WAITING = "unix//run/waiting.sock"
PAUSED = "unix//run/paused.sock"
PORT = 8080
ENDED = frozenset({Status.STOPPED, Status.FAILED})
_addresses = itertools.count(2)


def deployment(id_: str, status: Status, container_id: str | None = None) -> Deployment:
    """A row as the store would give it."""
    return Deployment(
        id=id_,
        project_id="p",
        number=1,
        status=status,
        source=Source.ARCHIVE,
        image_id="sha256:1",
        port=PORT,
        container_id=container_id,
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


def target(of: Container) -> str:
    """The upstream that leads to a container."""
    return f"{of.fixed_address}:{PORT}"


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
            case Point(address):
                known = {None, *self.served(), *([PAUSED] if self.paused else [])}
                assert address in known, f"dead end: {repair}"
                self.upstream = address or WAITING
            case StartContainer(d, c):
                self._change(c, running=True, address=c.fixed_address)
                self.upstream = f"{c.fixed_address}:{d.port}"
            case ReplaceContainer(d):
                self._replace(d)
            case FinishSwap(d, c):
                assert self.upstream == f"{c.address}:{d.port}", "nobody was swapped to it"
                self._finish(d, c)
            case Keep(c):
                self._change(c, restart_policy="unless-stopped")
            case Retire(c):
                known = self.containers.get(c.id)
                at = known and known.running and target(known)
                assert self.upstream != at, f"visitors are with {c.id}"
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

    def _replace(self, d: Deployment) -> None:
        for c in [c for c in self.containers.values() if c.deployment_id == d.id]:
            del self.containers[c.id]
        fresh = container(f"fresh-{d.id}", d.id, f"10.9.{next(_addresses)}.9")
        self.containers[fresh.id] = fresh
        self._set(d, container_id=fresh.id)
        self.upstream = target(fresh)

    def _finish(self, d: Deployment, c: Container) -> None:
        for other in self.deployments.values():
            if other.status is Status.RUNNING:
                self._set(other, status=Status.STOPPED)
                if other.container_id in self.containers:
                    self.draining.add(other.container_id)
        self._set(d, status=Status.RUNNING, container_id=c.id)
        self.paused = False
        self._change(c, restart_policy="unless-stopped")

    def _set(self, d: Deployment, **changes: Any) -> None:
        self.deployments[d.id] = msgspec.structs.replace(self.deployments[d.id], **changes)

    def _change(self, c: Container, **changes: Any) -> None:
        self.containers[c.id] = replace(self.containers[c.id], **changes)
