"""`/v1/users` and `/v1/me`."""

from typing import Any

from litestar import Request, Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from sotabox.api.body import read_json
from sotabox.api.contract import contract, done, one_of, page_of
from sotabox.api.envelope import many, one
from sotabox.api.pagination import read_page
from sotabox.api.people_schemas import InvitedOut, NewUserIn, UserChangeIn, UserOut
from sotabox.errors import Conflict, Invalid
from sotabox.operations import people, users
from sotabox.operations.actor import Actor
from sotabox.web.box import Box


@get("/me", opt=contract(one_of(UserOut)))
async def get_me(actor: NamedDependency[Actor]) -> Response[bytes]:
    """Whose key this is."""
    return one(UserOut.of(actor.user))


@get("/users", opt=contract(page_of(UserOut)))
async def list_users(
    box: NamedDependency[Box],
    actor: NamedDependency[Actor],
    limit: FromQuery[str | None] = None,
    cursor: FromQuery[str | None] = None,
) -> Response[bytes]:
    """Everybody, oldest first; for admins."""
    page = read_page("users", limit, cursor)
    found = await people.page(box.store, actor, page.position or "", page.probe)
    shown = found[: page.limit]
    next_cursor = page.cursor(len(found), shown[-1].id) if shown else None
    return many([UserOut.of(user) for user in shown], next_cursor)


@post("/users", opt=contract(one_of(InvitedOut, 201), takes=NewUserIn))
async def invite_user(
    request: Request[Any, Any, Any], box: NamedDependency[Box], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """A new user, and the link under which they choose a password; for admins."""
    body = await read_json(request, NewUserIn)
    user, token = await users.invite(box.store, actor, body.email, body.role)
    return one(InvitedOut.with_link(user, box.page(f"/setup/{token}")), 201)


@get("/users/{user:str}", opt=contract(one_of(UserOut)))
async def get_user(
    user: FromPath[str], box: NamedDependency[Box], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """A user: anybody for admins, oneself for everybody."""
    return one(UserOut.of(await people.get(box.store, actor, user)))


@patch("/users/{user:str}", opt=contract(one_of(UserOut), takes=UserChangeIn, errors=(Conflict,)))
async def change_user(
    request: Request[Any, Any, Any],
    user: FromPath[str],
    box: NamedDependency[Box],
    actor: NamedDependency[Actor],
) -> Response[bytes]:
    """Gives a user another role, or another plan (`box`: no bounds of its own); for admins."""
    body = await read_json(request, UserChangeIn)
    changed = await people.change(box.store, actor, user, role=body.role, plan=body.plan)
    return one(UserOut.of(changed))


@delete("/users/{user:str}", opt=contract(done(), errors=(Conflict, Invalid)))
async def remove_user(
    user: FromPath[str],
    box: NamedDependency[Box],
    actor: NamedDependency[Actor],
    heir: FromQuery[str | None] = None,
) -> None:
    """Removes a user with their keys and sessions; `heir` gets their projects. For admins."""
    await people.remove(box.store, actor, user, heir)


@post("/users/{user:str}/setup-link", opt=contract(one_of(InvitedOut, 201)))
async def renew_setup_link(
    user: FromPath[str], box: NamedDependency[Box], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """A new link under which a user chooses a password; the one before ends. For admins."""
    found = await people.get(box.store, actor, user)
    found, token = await users.make_link(box.store, actor, found.id)
    return one(InvitedOut.with_link(found, box.page(f"/setup/{token}")), 201)


ROUTES = [
    get_me,
    list_users,
    invite_user,
    get_user,
    change_user,
    remove_user,
    renew_setup_link,
]
