"""`/box/updates`: what is installed, how the last upgrade went, and how to make the next one."""

from asyncio import to_thread
from dataclasses import dataclass
from platform import machine, python_version
from typing import ClassVar, Final

from litestar import Response, get
from litestar.di import NamedDependency

from sotabox import __version__
from sotabox.dashboard.box_page import BOX
from sotabox.dashboard.templates import Crumb, Page
from sotabox.dashboard.visit import Me
from sotabox.upkeep.upgrade import Phase, read_upgrade

_CRUMB: Final = Crumb(name="Updates", href="/box/updates")
#: How an upgrade ended, or that it has not: shape, tone and words.
_ENDS: Final = {
    Phase.DONE: ("●", "ok", "upgraded"),
    Phase.RETURNED: ("▲", "warn", "taken back"),
}
_CUT_OFF: Final = ("✕", "bad", "cut off")


@dataclass(frozen=True, slots=True, kw_only=True)
class LastUpgrade:
    """The last upgrade in words."""

    shape: str
    tone: str
    word: str
    before: str
    after: str
    started_at: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdatesPage(Page):
    """What is installed."""

    template: ClassVar[str] = "pages/updates.html"

    title: str = "Updates"
    version: str = __version__
    python: str = python_version()
    machine: str = machine()
    releases: str
    last: LastUpgrade | None


@get("/box/updates")
async def show_updates(me: NamedDependency[Me]) -> Response[bytes]:
    """What is installed; nobody outside is asked what there is."""
    me.actor.require_admin()
    upgrade = await to_thread(read_upgrade, me.box.store.folders)
    last = None
    if upgrade is not None:
        shape, tone, word = _ENDS.get(upgrade.phase, _CUT_OFF)
        last = LastUpgrade(
            shape=shape,
            tone=tone,
            word=word,
            before=upgrade.before,
            after=upgrade.after,
            started_at=upgrade.started_at,
            reason=upgrade.reason or "",
        )
    page = UpdatesPage(releases=me.box.settings.releases, last=last)
    return me.show(page, crumbs=(BOX, _CRUMB))


ROUTES = [show_updates]
