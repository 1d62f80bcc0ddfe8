"""Environment variables of a project. A change takes effect with the next deployment."""

from sotabox.errors import Detail, Invalid, NotFound
from sotabox.model.environment import VARIABLES_MAX, EnvVar, check_key, check_value
from sotabox.operations.actor import Actor, changeable_project, visible_project
from sotabox.store.store import Store


async def of(store: Store, actor: Actor, project_ref: str) -> list[EnvVar]:
    """A project's variables with their values, by key."""
    project = await visible_project(store, actor, project_ref)
    actor.require_change()  # values are secrets: who may only look does not see them
    return await store.env_vars.of_project(project.id)


async def put(store: Store, actor: Actor, project_ref: str, key: str, value: str) -> EnvVar:
    """Sets a variable.

    Raises:
        Invalid: key or value can't be one, or the project has too many.
    """
    project = await changeable_project(store, actor, project_ref)
    problems = {"key": check_key(key), "value": check_value(value)}
    details = [Detail(field, problem) for field, problem in problems.items() if problem]
    if details:
        text = "; ".join(f"{detail.field}: {detail.message}" for detail in details)
        raise Invalid(f"This is not a valid variable: {text}", details=details)
    variable = await store.env_vars.upsert(project.id, key, value, VARIABLES_MAX)
    if variable is None:
        raise Invalid(f"A project holds at most {VARIABLES_MAX} variables")
    return variable


async def delete(store: Store, actor: Actor, project_ref: str, key: str) -> None:
    """Removes a variable.

    Raises:
        NotFound: the project has none of that key.
    """
    project = await changeable_project(store, actor, project_ref)
    if not await store.env_vars.delete(project.id, key):
        raise NotFound(f"There is no variable {key!r} in this project")
