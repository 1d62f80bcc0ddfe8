"""What a start, or the engine's return, has to repair: rows and containers in, repairs out.

Pure, so that every state that a kill can leave is a value in a test. The rules:

    a deployment that waited, or whose build was cut off     is built (again)
    one that was being deployed, and is where visitors go    its swap is finished
    one that was being deployed, and isn't                   its candidates go, the stage runs again
    a container of the running one is there, but stopped     it is started
    a container of the running one is gone                   another is made of its image
    all are gone, and so is its image, but not its archive   it is built again first
    its visitors are sent elsewhere, or not to all of it     they are sent to all its containers
    a container that serves nobody                           it drains and goes
    nothing runs                                             visitors get the page that says so
    the project is paused                                    they get the page that says that
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from sotabox.engine.container import Container
from sotabox.engine.labels import Role
from sotabox.model.deployment import Deployment, Status
from sotabox.model.replica import upstream_of


@dataclass(frozen=True, slots=True)
class Resubmit:
    """Put a deployment in the queue; `restart` says that its build begins anew."""

    deployment: Deployment
    restart: bool


@dataclass(frozen=True, slots=True)
class FinishSwap:
    """Visitors are with these candidates already: note it."""

    deployment: Deployment
    containers: tuple[Container, ...]


@dataclass(frozen=True, slots=True)
class StartContainer:
    """A container that serves a project does not run: start it."""

    deployment: Deployment
    container: Container


@dataclass(frozen=True, slots=True)
class ReplaceContainer:
    """The container in this place among those that serve a project is gone: make another."""

    deployment: Deployment
    ordinal: int


@dataclass(frozen=True, slots=True)
class Rebuild:
    """All containers and the image of what serves a project are gone: build it of its archive."""

    deployment: Deployment


@dataclass(frozen=True, slots=True)
class SendVisitors:
    """Visitors go to all containers of this deployment, as the repairs before have left them."""

    deployment: Deployment


@dataclass(frozen=True, slots=True)
class ShowPage:
    """Visitors get a page; None: the one for what was not deployed."""

    address: str | None


@dataclass(frozen=True, slots=True)
class Keep:
    """A container that serves does not come back by itself after a reboot."""

    container: Container


@dataclass(frozen=True, slots=True)
class Retire:
    """A container that serves nobody."""

    container: Container


Repair: TypeAlias = (
    Resubmit
    | FinishSwap
    | StartContainer
    | ReplaceContainer
    | Rebuild
    | SendVisitors
    | ShowPage
    | Keep
    | Retire
)


def plan_repairs(
    deployments: Iterable[Deployment],
    containers: Iterable[Container],
    upstream: str | None,
    *,
    active: frozenset[str],
    draining: frozenset[str],
    page: str | None = None,
    lost: frozenset[str] = frozenset(),
) -> list[Repair]:
    """The repairs of one project, in the order in which they are to be done.

    Args:
        deployments: the project's unfinished ones, the running one among them, oldest first.
        containers: the project's, running or not.
        upstream: what its upstream file says.
        active: ids of deployments that the queue works on: they and their containers are left alone
            until they run.
        draining: ids of containers that drain already, or in which a command is at work.
        page: where the visitors of a paused project go; None: it is not paused. One that is paused
            has no running deployment; it may have one that is about to run, which ends the pause.
        lost: ids of deployments whose image is gone and can be built again.
    """
    deployments = list(deployments)
    running = next((d for d in deployments if d.status is Status.RUNNING), None)
    if running is not None:
        active -= {running.id}  # its task only tells about it any more
    containers = [c for c in containers if c.deployment_id not in active and c.id not in draining]
    swapped = _find_swapped(deployments, containers, upstream, active)
    if swapped is not None:
        serving = {c.id for c in swapped.containers}
        repairs: list[Repair] = [swapped]
    else:
        serving = set(running.container_ids) if running else set()
        repairs = list(_serve(running, {c.id: c for c in containers}, upstream, page, lost))
    gone = {swapped.deployment.id} if swapped else set()
    repairs += [Retire(c) for c in containers if c.id not in serving]
    repairs += [
        Resubmit(d, restart=d.status is Status.BUILDING)
        for d in deployments
        if d.status is not Status.RUNNING and d.id not in active | gone
    ]
    return repairs


def _find_swapped(
    deployments: list[Deployment],
    containers: list[Container],
    upstream: str | None,
    active: frozenset[str],
) -> FinishSwap | None:
    """A deployment whose swap happened and was not noted, or None.

    All that visitors are sent to has to run: a version is whole, or it starts over.
    """
    pointed = upstream.split(" ") if upstream else []
    for deployment in deployments:
        if deployment.status is not Status.DEPLOYING or deployment.id in active:
            continue
        at = {
            f"{c.address}:{deployment.port}": c
            for c in containers
            if c.deployment_id == deployment.id and c.role == Role.APP and c.running
        }
        if pointed and at.keys() >= set(pointed):
            return FinishSwap(deployment, tuple(at[address] for address in pointed))
    return None


def _serve(
    running: Deployment | None,
    containers: Mapping[str, Container],
    upstream: str | None,
    page: str | None,
    lost: frozenset[str],
) -> Iterable[Repair]:
    """What brings a project's visitors to its running deployment."""
    if running is None:
        if page is not None:
            if upstream != page:
                yield ShowPage(page)
        elif upstream is None or not upstream.startswith("unix/"):
            yield ShowPage(None)
        return
    serving = [containers.get(replica.container_id) for replica in running.replicas] or [None]
    if running.id in lost and not any(serving):
        if upstream is None or not upstream.startswith("unix/"):
            yield ShowPage(None)
        yield Rebuild(running)
        return
    yield from _mend(running, serving, upstream)


def _mend(
    running: Deployment, serving: list[Container | None], upstream: str | None
) -> Iterable[Repair]:
    """What makes each of its containers serve again."""
    changed = False
    for ordinal, container in enumerate(serving):
        if container is None or container.fixed_address is None:
            changed = True
            yield ReplaceContainer(running, ordinal)
            continue
        if container.restart_policy == "no":
            yield Keep(container)
        if not container.running:
            changed = True
            yield StartContainer(running, container)
    if changed or upstream != upstream_of(running.replicas):
        yield SendVisitors(running)
