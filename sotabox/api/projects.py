"""`/v1/projects`."""

from typing import Any

import msgspec
from litestar import Request, Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from sotabox.api.body import read_json
from sotabox.api.contract import contract, done, one_of, page_of
from sotabox.api.envelope import many, one
from sotabox.api.pagination import read_page
from sotabox.api.schemas import NewProjectIn, ProjectChangeIn, ProjectOut
from sotabox.errors import Detail, EngineUnavailable, Invalid, ProjectLimit, SlugTaken
from sotabox.model.project import Project
from sotabox.operations import deployments, projects
from sotabox.operations.actor import Actor, visible_project
from sotabox.web.box import Box


@get("/projects", opt=contract(page_of(ProjectOut), from_store_alone=True))
async def list_projects(
    box: NamedDependency[Box],
    actor: NamedDependency[Actor],
    limit: FromQuery[str | None] = None,
    cursor: FromQuery[str | None] = None,
) -> Response[bytes]:
    """The projects that the actor sees, oldest first."""
    page = read_page(f"projects:{actor.user.id}", limit, cursor)
    found = await projects.page(box.store, actor, page.position or "", page.probe)
    shown = found[: page.limit]
    next_cursor = page.cursor(len(found), shown[-1].id) if shown else None
    latest = await deployments.latest(box.store, shown)
    return many([ProjectOut.of(p, latest.get(p.id)) for p in shown], next_cursor)


@post(
    "/projects",
    opt=contract(one_of(ProjectOut, 201), takes=NewProjectIn, errors=(SlugTaken, ProjectLimit)),
)
async def create_project(
    request: Request[Any, Any, Any], box: NamedDependency[Box], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """A new project; its slug is made from the name where none is given."""
    body = await read_json(request, NewProjectIn)
    project = await projects.create(box.store, box.pipeline, actor, body.name, body.slug)
    return one(ProjectOut.of(project, None), 201)


@get("/projects/{project:str}", opt=contract(one_of(ProjectOut), from_store_alone=True))
async def get_project(
    project: FromPath[str], box: NamedDependency[Box], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """The project of an id or slug."""
    return await _answer(box, await visible_project(box.store, actor, project))


@patch("/projects/{project:str}", opt=contract(one_of(ProjectOut), takes=ProjectChangeIn))
async def rename_project(
    request: Request[Any, Any, Any],
    project: FromPath[str],
    box: NamedDependency[Box],
    actor: NamedDependency[Actor],
) -> Response[bytes]:
    """Gives a project another name."""
    body = await read_json(request, ProjectChangeIn)
    if body.slug is not msgspec.UNSET:
        raise Invalid(
            "The slug of a project never changes: it is the app's address",
            hint="Create another project with the slug that you want.",
            details=[Detail("slug", "can't be changed")],
        )
    return await _answer(box, await projects.rename(box.store, actor, project, body.name))


@delete("/projects/{project:str}", opt=contract(done(), errors=(EngineUnavailable,)))
async def delete_project(
    project: FromPath[str], box: NamedDependency[Box], actor: NamedDependency[Actor]
) -> None:
    """Removes a project with all that belongs to it."""
    await projects.delete(box.store, box.pipeline, actor, project)


async def _answer(box: Box, project: Project) -> Response[bytes]:
    latest = await deployments.latest(box.store, [project])
    return one(ProjectOut.of(project, latest.get(project.id)))


ROUTES = [list_projects, create_project, get_project, rename_project, delete_project]
