"""Projects: created, listed, renamed, deleted."""

import secrets

from sotabox.errors import Detail, Invalid, NotFound, SlugTaken
from sotabox.fault_points import FaultPoint, reach
from sotabox.model.project import NAME_MAX, SLUG_MAX, Project, check_slug, suggest_slug
from sotabox.model.user import QUOTAS
from sotabox.operations.actor import Actor, changeable_project, owned_project
from sotabox.pipeline.pipeline import Pipeline
from sotabox.store.store import Store

_SUFFIX_TRIES = 20


async def create(
    store: Store, pipeline: Pipeline, actor: Actor, name: str, slug: str | None
) -> Project:
    """A new project with its network and route.

    Raises:
        Invalid: name or slug can't be one.
        SlugTaken: the given slug belongs to another project.
        ProjectLimit: the actor's plan has no room for it.
    """
    actor.require_change()
    name = _checked_name(name)
    project = await _insert(store, actor, name, slug)
    reach(FaultPoint.PROJECT_NOTED)
    await pipeline.provision(project)
    return project


async def _insert(store: Store, actor: Actor, name: str, slug: str | None) -> Project:
    at_most = QUOTAS[actor.user.plan].projects_max
    if slug is not None:
        if problem := check_slug(slug):
            raise _invalid("slug", problem)
        project = await store.projects.insert(actor.user.id, name, slug, at_most)
        if project is None:
            raise SlugTaken(
                f"The slug '{slug}' is taken",
                hint="Choose another one, or leave it out: one is made from the name.",
            )
        return project
    base = candidate = suggest_slug(name)
    for _ in range(_SUFFIX_TRIES):
        project = await store.projects.insert(actor.user.id, name, candidate, at_most)
        if project is not None:
            return project
        candidate = f"{base[: SLUG_MAX - 7]}-{secrets.token_hex(3)}"
    raise SlugTaken(f"No free slug was found for {name!r}", hint="Give one yourself.")


async def rename(store: Store, actor: Actor, ref: str, name: str) -> Project:
    """Gives a project another name; its slug and URL stay.

    Raises:
        Invalid: the name can't be one.
    """
    project = await changeable_project(store, actor, ref)
    renamed = await store.projects.rename(project.id, _checked_name(name))
    if renamed is None:
        raise NotFound("There is no such project")
    return renamed


async def delete(store: Store, pipeline: Pipeline, actor: Actor, ref: str) -> None:
    """Removes a project and all that belongs to it; what is being deployed is cancelled first.

    From the first write on it is as good as gone: a box killed in the middle finishes at its start.
    """
    project = await owned_project(store, actor, ref)
    await store.projects.mark_deleting(project.id)
    await pipeline.dismantle(project)


async def page(store: Store, actor: Actor, after: str, limit: int) -> list[Project]:
    """At most `limit` of the projects that the actor sees, oldest first, with ids above `after`."""
    return await store.projects.page(None if actor.sees_all else actor.user.id, after, limit)


def _checked_name(name: str) -> str:
    name = name.strip()
    if not 1 <= len(name) <= NAME_MAX or not name.isprintable():
        raise _invalid("name", f"use 1 to {NAME_MAX} printable characters")
    return name


def _invalid(field: str, problem: str) -> Invalid:
    return Invalid(f"This {field} can't be used: {problem}", details=[Detail(field, problem)])
