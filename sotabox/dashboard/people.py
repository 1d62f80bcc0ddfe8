"""`/box/people`: who may use the box, as what, and how they get in."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import ClassVar, Final

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from sotabox.dashboard.agents import name_agent
from sotabox.dashboard.box_page import BOX
from sotabox.dashboard.templates import Crumb, Page
from sotabox.dashboard.trouble import NO_TROUBLE, Trouble
from sotabox.dashboard.visit import Me
from sotabox.errors import SotaboxError
from sotabox.model.user import Plan, Role, User
from sotabox.operations import people, second_factor, sessions, users

_PEOPLE: Final = Crumb(name="People", href="/box/people")
_SHOWN_MAX: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody in the list. `seen_at`: when a browser of theirs was last here; empty: not now."""

    user: User
    second_factor: bool
    seen_at: str
    is_me: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PeoplePage(Page):
    """Everybody; `link` is a setup link that was just made, for `link_email`."""

    template: ClassVar[str] = "pages/people.html"

    title: str = "People"
    people: tuple[Person, ...]
    roles: tuple[str, ...] = tuple(Role)
    link: str = ""
    link_email: str = ""
    email: str = ""
    trouble: Trouble = NO_TROUBLE


@dataclass(frozen=True, slots=True, kw_only=True)
class Browsing:
    """A browser that somebody is logged in with."""

    agent: str
    address: str
    seen_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonPage(Page):
    """One of them. `heirs` are who may get their projects; `link` a setup link, just made."""

    template: ClassVar[str] = "pages/person.html"

    title: str
    person: Person
    browsers: tuple[Browsing, ...]
    projects: tuple[str, ...]
    heirs: tuple[str, ...]
    roles: tuple[str, ...] = tuple(Role)
    plans: tuple[str, ...] = tuple(Plan)
    link: str = ""
    trouble: Trouble = NO_TROUBLE
    end_trouble: Trouble = NO_TROUBLE


@get("/box/people")
async def show_people(me: NamedDependency[Me]) -> Response[bytes]:
    """Everybody who may use the box."""
    return await _list(me)


@post("/box/people")
async def invite_user(me: NamedDependency[Me]) -> Response[bytes]:
    """Makes a user, and shows the link under which they choose their password."""
    form = await me.form()
    try:
        user, token = await users.invite(me.box.store, me.actor, form["email"], form["role"])
    except SotaboxError as error:
        return await _list(
            me, email=form["email"][:254], trouble=Trouble.of(error), status=error.status
        )
    return await _list(me, link=me.box.page(f"/setup/{token}"), link_email=user.email)


@get("/box/people/{user:str}")
async def show_person(user: FromPath[str], me: NamedDependency[Me]) -> Response[bytes]:
    """One of them."""
    return await _show(me, user)


@post("/box/people/{user:str}")
async def change_user(user: FromPath[str], me: NamedDependency[Me]) -> Response[bytes]:
    """Gives somebody another role or plan."""
    form = await me.form()
    try:
        await people.change(me.box.store, me.actor, user, role=form["role"], plan=form["plan"])
    except SotaboxError as error:
        return await _show(me, user, trouble=Trouble.of(error), status=error.status)
    return me.go(f"/box/people/{user}", notice="person-set")


@post("/box/people/{user:str}/link")
async def renew_setup_link(user: FromPath[str], me: NamedDependency[Me]) -> Response[bytes]:
    """Shows a new setup link for somebody who has lost their way in."""
    await me.form()
    _, token = await users.make_link(me.box.store, me.actor, user)
    return await _show(me, user, link=me.box.page(f"/setup/{token}"))


@post("/box/people/{user:str}/factor/reset")
async def reset_second_factor(user: FromPath[str], me: NamedDependency[Me]) -> Response[bytes]:
    """Lets a password be enough again for somebody who has lost their phone."""
    await me.form()
    await people.reset_second_factor(me.box.store, me.actor, user)
    return me.go(f"/box/people/{user}", notice="factor-reset")


@post("/box/people/{user:str}/log-out")
async def log_user_out(user: FromPath[str], me: NamedDependency[Me]) -> Response[bytes]:
    """Ends all sessions of somebody."""
    await me.form()
    await people.log_out(me.box.store, me.actor, user)
    return me.go(f"/box/people/{user}", notice="person-out")


@post("/box/people/{user:str}/remove")
async def remove_user(user: FromPath[str], me: NamedDependency[Me]) -> Response[bytes]:
    """Removes somebody whose address was typed; their projects go to an heir."""
    form = await me.form()
    found = await people.get(me.box.store, me.actor, user)
    me.actor.require_admin()
    try:
        if form["confirm"].strip().lower() != found.email:
            raise Trouble.in_field("confirm", f"type {found.email}")
        await people.remove(me.box.store, me.actor, user, form["heir"] or None)
    except SotaboxError as error:
        return await _show(me, user, end_trouble=Trouble.of(error), status=error.status)
    return me.go("/box/people", notice="person-removed")


async def _list(
    me: Me,
    *,
    link: str = "",
    link_email: str = "",
    email: str = "",
    trouble: Trouble = NO_TROUBLE,
    status: int = 200,
) -> Response[bytes]:
    store, actor = me.box.store, me.actor
    everybody = await people.page(store, actor, "", _SHOWN_MAX)
    with_factor = await second_factor.users_with_one(store, actor)
    seen = await sessions.last_seen(store, actor)
    page = PeoplePage(
        people=tuple(_person(me, user, with_factor, seen.get(user.id, "")) for user in everybody),
        link=link,
        link_email=link_email,
        email=email,
        trouble=trouble,
    )
    return me.show(page, status=status, crumbs=(BOX, _PEOPLE))


async def _show(
    me: Me,
    user_id: str,
    *,
    link: str = "",
    trouble: Trouble = NO_TROUBLE,
    end_trouble: Trouble = NO_TROUBLE,
    status: int = 200,
) -> Response[bytes]:
    store, actor = me.box.store, me.actor
    everybody = await people.page(store, actor, "", _SHOWN_MAX)
    user = await people.get(store, actor, user_id)
    found = await sessions.of_somebody(store, actor, user.id)
    seen_at = found[0].seen_at if found else ""
    page = PersonPage(
        title=user.email,
        person=_person(me, user, await second_factor.users_with_one(store, actor), seen_at),
        browsers=tuple(
            Browsing(agent=name_agent(s.agent), address=s.address, seen_at=s.seen_at) for s in found
        ),
        projects=tuple(p.name for p in await store.projects.all() if p.user_id == user.id),
        heirs=tuple(other.email for other in everybody if other.id != user.id),
        link=link,
        trouble=trouble,
        end_trouble=end_trouble,
    )
    crumb = Crumb(name=user.email, href=f"/box/people/{user.id}")
    return me.show(page, status=status, crumbs=(BOX, _PEOPLE, crumb))


def _person(me: Me, user: User, with_factor: AbstractSet[str], seen_at: str) -> Person:
    return Person(
        user=user,
        second_factor=user.id in with_factor,
        seen_at=seen_at,
        is_me=user.id == me.actor.user.id,
    )


ROUTES = [
    show_people,
    invite_user,
    show_person,
    change_user,
    renew_setup_link,
    reset_second_factor,
    log_user_out,
    remove_user,
]
