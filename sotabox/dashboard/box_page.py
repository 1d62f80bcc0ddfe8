"""`/box`: how the machine is, what works on it, and what fills its disk."""

import time
from dataclasses import dataclass, replace
from platform import python_version
from typing import ClassVar, Final

from litestar import Response, get, post
from litestar.di import NamedDependency

from sotabox import __version__
from sotabox.dashboard.charts import HEIGHT, WIDTH, Window, line
from sotabox.dashboard.templates import Crumb, Page
from sotabox.dashboard.visit import Me
from sotabox.engine.images import DiskUsage
from sotabox.errors import EngineUnavailable
from sotabox.operations.host import Glance
from sotabox.upkeep.superfluous import Findings
from sotabox.upkeep.vitals import LOAD_EVERY_S

BOX: Final = Crumb(name="Box", href="/box")
_DAY_S: Final = 24 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A quantity out of another, in words and per cent."""

    name: str
    used: float
    total: float
    percent: float
    tone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """The machine's load over a day, as a line, and its highest value; empty for none yet."""

    path: str
    highest: float
    cores_y: str  # where all cores are busy
    since: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxPage(Page):
    """The machine."""

    template: ClassVar[str] = "pages/box.html"

    title: str = "Box"
    glance: Glance
    disk: Bar
    memory: Bar
    cpu: Bar
    load: Load | None
    width: int = WIDTH
    height: int = HEIGHT
    version: str = __version__
    python: str = python_version()
    own_memory: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskPage(Page):
    """What fills the disk, and what of it nobody needs; both None while Docker is away.

    Attributes:
        releases: images that no rollback needs; images: all that can go.
        frees: bytes that are sure to be free afterwards, images besides.
    """

    template: ClassVar[str] = "pages/disk.html"

    title: str = "Disk"
    usage: DiskUsage | None
    own_bytes: int
    findings: Findings | None
    releases: int = 0
    images: int = 0
    frees: int = 0


@get("/box")
async def show_box(me: NamedDependency[Me]) -> Response[bytes]:
    """The machine; what fills its disk is asked for by the page, as that takes a while."""
    glance = await me.site.host.glance(me.actor)
    memory = glance.memory
    page = BoxPage(
        glance=glance,
        disk=bar("Disk", glance.disk_total - glance.disk_free, glance.disk_total),
        memory=bar("Memory", memory.total - memory.available, memory.total),
        cpu=bar("CPU", min(glance.load, glance.cores), glance.cores, warn_at=95, bad_at=101),
        load=load_line(list(me.box.vitals.loads), glance.cores, int(time.time())),
        own_memory=me.box.vitals.resident_bytes,
    )
    return me.show(page, crumbs=(BOX,))


@get("/box/disk")
async def show_disk(me: NamedDependency[Me]) -> Response[bytes]:
    """What fills the disk, and what would go; a part of `/box`, and a page without scripts."""
    facts = await me.site.host.facts(me.actor)
    page = DiskPage(usage=facts.usage, own_bytes=facts.sotabox_bytes, findings=None)
    try:
        if facts.usage:
            page = _with_findings(page, facts.usage, await me.site.care.room.look(me.actor))
    except EngineUnavailable:  # since it was asked: then the page says so
        page = replace(page, usage=None)
    return me.show(page, crumbs=(BOX,))


@post("/box/free")
async def free_space(me: NamedDependency[Me]) -> Response[bytes]:
    """Makes room on the disk."""
    await me.form()
    await me.site.care.room.make(me.actor)
    return me.go("/box", notice="freed")


def bar(name: str, used: float, total: float, *, warn_at: float = 80, bad_at: float = 92) -> Bar:
    """A bar whose tone says from where on somebody should look."""
    percent = min(100.0, round(100 * used / total, 1)) if total else 0.0
    tone = "bad" if percent >= bad_at else "warn" if percent >= warn_at else "ok"
    return Bar(name=name, used=used, total=total, percent=percent, tone=tone)


def _with_findings(page: DiskPage, usage: DiskUsage, findings: Findings) -> DiskPage:
    releases = sum(map(len, findings.releases.values()))
    return replace(
        page,
        findings=findings,
        releases=releases,
        images=releases + len(findings.strays),
        frees=usage.build_cache_bytes + findings.files_bytes,
    )


def load_line(loads: list[tuple[int, float]], cores: int, now: int) -> Load | None:
    """The load of a day as a line; None before two of its steps are there."""
    if len(loads) < 2:
        return None
    highest = max(value for _, value in loads)
    top = 1.1 * max(highest, cores)
    window = Window(now - _DAY_S, now, LOAD_EVERY_S)
    return Load(
        path=line(loads, window, top),
        highest=highest,
        cores_y=f"{HEIGHT * (1 - cores / top):.0f}",
        since=time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(loads[0][0])),
    )


ROUTES = [show_box, show_disk, free_space]
