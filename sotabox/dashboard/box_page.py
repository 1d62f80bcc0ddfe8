"""`/box`: the machine, what works on it, and who may use it."""

from dataclasses import dataclass
from typing import ClassVar

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from sotabox import __version__
from sotabox.dashboard.templates import Crumb, Page
from sotabox.dashboard.trouble import NO_TROUBLE, Trouble
from sotabox.dashboard.visit import Me
from sotabox.errors import SotaboxError
from sotabox.model.user import Role, User
from sotabox.operations import users
from sotabox.operations.host import Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A quantity out of another, in words and per cent."""

    name: str
    used: float
    total: float
    percent: float
    tone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxPage(Page):
    """The machine and its people; `link` is a setup link that was just made, for `link_email`."""

    template: ClassVar[str] = "pages/box.html"

    title: str = "Box"
    facts: Facts
    disk: Bar
    memory: Bar
    cpu: Bar
    version: str
    people: tuple[User, ...]
    roles: tuple[str, ...] = tuple(Role)
    link: str = ""
    link_email: str = ""
    email: str = ""
    trouble: Trouble = NO_TROUBLE


@get("/box")
async def show_box(me: NamedDependency[Me]) -> Response[bytes]:
    """The machine and its people."""
    return await _page(me)


@post("/box/free")
async def free_space(me: NamedDependency[Me]) -> Response[bytes]:
    """Makes room on the disk."""
    await me.form()
    await me.site.host.free_space(me.actor)
    return me.go("/box", notice="freed")


@post("/box/users")
async def invite(me: NamedDependency[Me]) -> Response[bytes]:
    """Makes a user, and shows the link under which they choose their password."""
    form = await me.form()
    try:
        user, token = await users.invite(me.box.store, me.actor, form["email"], form["role"])
    except SotaboxError as error:
        return await _page(
            me, email=form["email"][:254], trouble=Trouble.of(error), status=error.status
        )
    return await _page(me, link=_link(me, token), link_email=user.email)


@post("/box/users/{user:str}/link")
async def make_link(user: FromPath[str], me: NamedDependency[Me]) -> Response[bytes]:
    """Shows a new setup link for somebody who has lost their way in."""
    await me.form()
    found, token = await users.make_link(me.box.store, me.actor, user)
    return await _page(me, link=_link(me, token), link_email=found.email)


def bar(name: str, used: float, total: float, *, warn_at: float = 80, bad_at: float = 92) -> Bar:
    """A bar whose tone says from where on somebody should look."""
    percent = min(100.0, round(100 * used / total, 1)) if total else 0.0
    tone = "bad" if percent >= bad_at else "warn" if percent >= warn_at else "ok"
    return Bar(name=name, used=used, total=total, percent=percent, tone=tone)


def _link(me: Me, token: str) -> str:
    return me.box.page(f"/setup/{token}")


async def _page(
    me: Me,
    *,
    link: str = "",
    link_email: str = "",
    email: str = "",
    trouble: Trouble = NO_TROUBLE,
    status: int = 200,
) -> Response[bytes]:
    facts = await me.site.host.facts(me.actor)
    memory = facts.memory
    page = BoxPage(
        facts=facts,
        disk=bar("Disk", facts.disk_total - facts.disk_free, facts.disk_total),
        memory=bar("Memory", memory.total - memory.available, memory.total),
        cpu=bar("CPU", min(facts.load, facts.cores), facts.cores, warn_at=95, bad_at=101),
        version=__version__,
        people=tuple(await me.box.store.users.all()),
        link=link,
        link_email=link_email,
        email=email,
        trouble=trouble,
    )
    return me.show(page, status=status, crumbs=(Crumb(name="Box", href="/box"),))


ROUTES = [show_box, free_space, invite, make_link]
