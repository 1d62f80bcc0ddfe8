"""`/projects/{project}/members`: who works on a project beside its owner."""

from dataclasses import dataclass
from typing import ClassVar

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from sotabox.dashboard.project import Head, crumbs_of, head_of, live_of
from sotabox.dashboard.templates import Page
from sotabox.dashboard.trouble import NO_TROUBLE, Trouble
from sotabox.dashboard.visit import Me
from sotabox.errors import SotaboxError
from sotabox.model.user import Member, Role
from sotabox.operations import members
from sotabox.operations.members import ROLES


@dataclass(frozen=True, slots=True, kw_only=True)
class MembersPage(Page):
    """The owner, and who was let in. `me` is the reader's id: members may leave."""

    template: ClassVar[str] = "pages/members.html"

    head: Head
    tab: str = "members"
    owner: str
    members: tuple[Member, ...]
    me: str
    may_invite: bool
    roles: tuple[Role, ...] = ROLES
    email: str = ""
    role: str = Role.MEMBER
    trouble: Trouble = NO_TROUBLE


@get("/projects/{project:str}/members")
async def show_members(project: FromPath[str], me: NamedDependency[Me]) -> Response[bytes]:
    """Who works on it."""
    return await _page(me, project)


@post("/projects/{project:str}/members")
async def put_member(project: FromPath[str], me: NamedDependency[Me]) -> Response[bytes]:
    """Lets a user of the box in, or changes as what."""
    form = await me.form()
    email, role = form["email"], form["role"]
    try:
        await members.put(me.box.store, me.box.guesses, me.actor, project, email, role)
    except SotaboxError as error:
        return await _page(me, project, email=email[:254], role=role, error=error)
    return me.go(f"/projects/{project}/members", notice="member-set")


@post("/projects/{project:str}/members/{user:str}/remove")
async def remove_member(
    project: FromPath[str], user: FromPath[str], me: NamedDependency[Me]
) -> Response[bytes]:
    """Lets a member out; who leaves by themselves sees their own projects next."""
    await me.form()
    await members.remove(me.box.store, me.actor, project, user)
    if user == me.actor.user.id:
        return me.go("/", notice="member-left")
    return me.go(f"/projects/{project}/members", notice="member-removed")


async def _page(
    me: Me,
    ref: str,
    *,
    email: str = "",
    role: str = Role.MEMBER,
    error: SotaboxError | None = None,
) -> Response[bytes]:
    head = await head_of(me, ref)
    user = me.actor.user
    owner = await me.box.store.users.find(head.project.user_id)
    owns = me.actor.sees_all or head.project.user_id == user.id
    page = MembersPage(
        title=f"Members of {head.project.name}",
        head=head,
        owner=owner.email if owner else "",
        members=tuple(await members.of(me.box.store, me.actor, ref)),
        me=user.id,
        may_invite=owns and user.role is not Role.VIEWER,
        email=email,
        role=role,
        trouble=Trouble.of(error) if error else NO_TROUBLE,
    )
    status = error.status if error else 200
    return me.show(page, status=status, crumbs=crumbs_of(head), live=live_of(head))


ROUTES = [show_members, put_member, remove_member]
