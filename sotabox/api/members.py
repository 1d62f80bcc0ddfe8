"""`/v1/projects/{project}/members`."""

from typing import Any

from litestar import Request, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from sotabox.api.body import read_json
from sotabox.api.contract import contract, done, list_of, one_of
from sotabox.api.envelope import one
from sotabox.api.people_schemas import MemberOut, NewMemberIn
from sotabox.operations import members
from sotabox.operations.actor import Actor
from sotabox.web.box import Box


@get("/projects/{project:str}/members", opt=contract(list_of(MemberOut)))
async def list_members(
    project: FromPath[str], box: NamedDependency[Box], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """Who was added to a project."""
    return one([MemberOut.of(member) for member in await members.of(box.store, actor, project)])


@post(
    "/projects/{project:str}/members",
    opt=contract(one_of(MemberOut, 201), one_of(MemberOut), takes=NewMemberIn),
)
async def put_member(
    request: Request[Any, Any, Any],
    project: FromPath[str],
    box: NamedDependency[Box],
    actor: NamedDependency[Actor],
) -> Response[bytes]:
    """Adds a user of this box to a project, or changes their role in it; for its owner."""
    body = await read_json(request, NewMemberIn)
    member, is_new = await members.put(
        box.store, box.guesses, actor, project, body.email, body.role
    )
    return one(MemberOut.of(member), 201 if is_new else 200)


@delete("/projects/{project:str}/members/{user:str}", opt=contract(done()))
async def remove_member(
    project: FromPath[str],
    user: FromPath[str],
    box: NamedDependency[Box],
    actor: NamedDependency[Actor],
) -> None:
    """Lets a member out; for the project's owner, and for the member."""
    await members.remove(box.store, actor, project, user)


ROUTES = [list_members, put_member, remove_member]
