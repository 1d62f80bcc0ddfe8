"""The engine: there, bound to its limits, and without things that belong to nobody."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any

from sotabox.cli.checks.finding import Finding, bad, fine
from sotabox.cli.checks.patient import Patient
from sotabox.errors import EngineUnavailable

if TYPE_CHECKING:
    from sotabox.engine.container import Container
    from sotabox.engine.images import Image
    from sotabox.engine.networks import Network

_LIMITS = {"MemoryLimit": "memory", "CpuCfsQuota": "CPU", "PidsLimit": "processes"}
_STOP_GRACE_S = 2


async def check_engine(patient: Patient) -> list[Finding]:
    """It answers, an upgrade of it stops no app, and it can bound apps."""
    try:
        info = await patient.engine.info()
    except EngineUnavailable as error:
        return [bad("engine", error.message, "sudo systemctl start docker")]
    return judge_engine(info)


def judge_engine(info: Mapping[str, Any]) -> list[Finding]:
    """The findings that follow from what the engine says of itself."""
    found = [fine("engine", f"Docker {info.get('ServerVersion', 'of an unknown version')}")]
    in_swarm = (info.get("Swarm") or {}).get("LocalNodeState") not in (None, "", "inactive")
    if info.get("LiveRestoreEnabled"):
        found.append(fine("live-restore", "on: an engine upgrade stops no app"))
    elif in_swarm:
        found.append(fine("live-restore", "off: the engine is in a Swarm, which rules it out"))
    else:
        said = "off: an upgrade of the engine stops every app for some seconds"
        found.append(bad("live-restore", said, "sudo sotabox live-restore"))
    missing = [words for name, words in _LIMITS.items() if not info.get(name)]
    if missing:
        said = f"the kernel does not let the engine bound {' and '.join(missing)}"
        mend = "Add cgroup_enable=memory to the kernel's command line, and restart the machine."
        found.append(bad("limits", said, mend))
    else:
        found.append(fine("limits", "memory, CPU and processes of apps are bounded"))
    return found


async def check_leftovers(
    patient: Patient, projects: Callable[[], Awaitable[Collection[str]]]
) -> list[Finding]:
    """Nothing with this box's label is of a project that it doesn't have.

    The engine is asked before the store: what a project that was just made has there is then known.
    """
    from sotabox.dashboard.words import count
    from sotabox.engine.containers import Containers
    from sotabox.engine.images import Images
    from sotabox.engine.labels import PROJECT
    from sotabox.engine.networks import Networks

    try:
        containers = await Containers(patient.engine).list_ours()
        networks = await Networks(patient.engine, patient.settings.network_pool).list_ours()
        images = await Images(patient.engine).list_ours()
    except EngineUnavailable:
        return []  # said once already
    known = set(await projects())
    lost = [c for c in containers if c.project_id not in known]
    lost_networks = {id_: network for id_, network in networks.items() if id_ not in known}
    lost_images = [i for i in images if i.labels.get(PROJECT) not in known]
    total = len(lost) + len(lost_networks) + len(lost_images)
    if not total:
        return [fine("leftovers", "nothing on the engine belongs to a project that is gone")]
    counts = (
        count(len(lost), "container"),
        count(len(lost_networks), "network"),
        count(len(lost_images), "image"),
    )
    said = f"of projects that are gone: {', '.join(counts)}"
    fix = _removing(patient, lost, lost_networks, lost_images)
    return [bad("leftovers", said, "sudo sotabox doctor --fix", fix)]


def _removing(
    patient: Patient,
    lost: "list[Container]",
    networks: "Mapping[str, Network]",
    lost_images: "list[Image]",
) -> Callable[[], Awaitable[None]]:
    from sotabox.engine.containers import Containers
    from sotabox.engine.images import Images
    from sotabox.engine.networks import Networks

    async def remove() -> None:
        containers, images = Containers(patient.engine), Images(patient.engine)
        for container in lost:
            await containers.condemn(container.id)
            await containers.stop(container.id, _STOP_GRACE_S)
            await containers.remove(container.id)
        for project_id in networks:
            await Networks(patient.engine, patient.settings.network_pool).remove(project_id)
        for image in lost_images:
            await images.remove(image.id)

    return remove


async def check_firewall(patient: Patient) -> list[Finding]:
    """Apps can't reach the host's own services, nor the cloud's metadata."""
    from sotabox.engine.firewall import Firewall

    firewall = Firewall(patient.instance_id)
    ports = patient.router.ports
    problem = await firewall.check(ports)
    if problem is None:
        return [fine("firewall", "apps can't reach this host's services, nor cloud metadata")]

    async def put_up() -> None:
        await firewall.ensure(ports)

    return [bad("firewall", f"not in force: {problem}", "sudo sotabox doctor --fix", put_up)]
