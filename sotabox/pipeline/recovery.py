"""What a start, or the engine's return, has to repair: rows and containers in, repairs out.

Pure, so that every state that a kill can leave is a value in a test. The rules:

    a deployment that waited, or whose build was cut off     is built (again)
    one that was being deployed, and is where visitors go    its swap is finished
    one that was being deployed, and isn't                   its candidate goes, the stage runs again
    the running one's container is there, but stopped        it is started
    the running one's container is gone                      another is made of its image
    the same, and so is its image, but not its archive       it is built again first
    its visitors are sent elsewhere                          they are sent to it
    a container that serves nobody                           it drains and goes
    nothing runs                                             visitors get the page that says so
    the project is paused                                    they get the page that says that
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from sotabox.engine.container import Container
from sotabox.engine.labels import Role
from sotabox.model.deployment import Deployment, Status


@dataclass(frozen=True, slots=True)
class Resubmit:
    """Put a deployment in the queue; `restart` says that its build begins anew."""

    deployment: Deployment
    restart: bool


@dataclass(frozen=True, slots=True)
class FinishSwap:
    """Visitors are with this candidate already: note it."""

    deployment: Deployment
    container: Container


@dataclass(frozen=True, slots=True)
class StartContainer:
    """The container that serves a project does not run: start it, then send the visitors there."""

    deployment: Deployment
    container: Container


@dataclass(frozen=True, slots=True)
class ReplaceContainer:
    """The container that serves a project is gone: make one, then send the visitors there."""

    deployment: Deployment


@dataclass(frozen=True, slots=True)
class Rebuild:
    """Container and image of what serves a project are gone: build it of its archive."""

    deployment: Deployment


@dataclass(frozen=True, slots=True)
class Point:
    """Visitors go to `address`, which may be a page; None: to the one for what was not deployed."""

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
    Resubmit | FinishSwap | StartContainer | ReplaceContainer | Rebuild | Point | Keep | Retire
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
        serving: Container | None = swapped.container
        repairs: list[Repair] = [swapped]
    else:
        serving = next((c for c in containers if running and c.id == running.container_id), None)
        repairs = list(_serve(running, serving, upstream, page, lost))
    gone = {swapped.deployment.id} if swapped else set()
    repairs += [Retire(c) for c in containers if serving is None or c.id != serving.id]
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
    """A deployment whose swap happened and was not noted, or None."""
    deploying = {
        d.id: d for d in deployments if d.status is Status.DEPLOYING and d.id not in active
    }
    for container in containers:
        deployment = deploying.get(container.deployment_id or "")
        if (
            deployment is not None
            and container.role == Role.APP
            and container.running
            and upstream == f"{container.address}:{deployment.port}"
        ):
            return FinishSwap(deployment, container)
    return None


def _serve(
    running: Deployment | None,
    serving: Container | None,
    upstream: str | None,
    page: str | None,
    lost: frozenset[str],
) -> Iterable[Repair]:
    """What brings a project's visitors to its running deployment."""
    if running is None:
        if page is not None:
            if upstream != page:
                yield Point(page)
        elif upstream is None or not upstream.startswith("unix/"):
            yield Point(None)
        return
    if serving is None or serving.fixed_address is None:
        yield from _remake(running, upstream, lost)
        return
    if serving.restart_policy == "no":
        yield Keep(serving)
    if not serving.running:
        yield StartContainer(running, serving)
    elif upstream != (address := f"{serving.fixed_address}:{running.port}"):
        yield Point(address)


def _remake(running: Deployment, upstream: str | None, lost: frozenset[str]) -> Iterable[Repair]:
    if running.id not in lost:
        yield ReplaceContainer(running)
        return
    if upstream is None or not upstream.startswith("unix/"):
        yield Point(None)
    yield Rebuild(running)
