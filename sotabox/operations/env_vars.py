"""Environment variables of a project. A change takes effect with the next deployment."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import msgspec

from sotabox.errors import Conflict, Detail, Invalid, NotFound
from sotabox.model.deployment import Deployment
from sotabox.model.environment import VARIABLES_MAX, EnvVar, Target, check_key, check_value
from sotabox.model.project import Project
from sotabox.operations import audit
from sotabox.operations.actor import Actor, changeable_project, visible_project
from sotabox.operations.serving import get_running
from sotabox.store.store import Store


@dataclass(frozen=True, slots=True)
class Diff:
    """Keys whose variables differ between two sets; never values."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)


def diff(before: Mapping[str, str], after: Mapping[str, str]) -> Diff:
    """What making `after` of `before` would do.

    >>> diff({"A": "1", "B": "2"}, {"B": "3", "C": "4"})
    Diff(added=('C',), changed=('B',), removed=('A',))
    """
    return Diff(
        added=tuple(sorted(after.keys() - before.keys())),
        changed=tuple(sorted(k for k in after.keys() & before.keys() if after[k] != before[k])),
        removed=tuple(sorted(before.keys() - after.keys())),
    )


async def of(store: Store, actor: Actor, project_ref: str) -> list[EnvVar]:
    """A project's variables with their values, by key."""
    # Values are secrets: who may only look does not see them.
    project = await changeable_project(store, actor, project_ref)
    return await store.env_vars.of_project(project.id)


async def masked_of(store: Store, actor: Actor, project_ref: str) -> list[EnvVar]:
    """The same without the values: for everybody who may see the project."""
    project = await visible_project(store, actor, project_ref)
    found = await store.env_vars.of_project(project.id)
    return [msgspec.structs.replace(variable, value="") for variable in found]


async def reveal(
    store: Store, actor: Actor, project_ref: str, address: str, key: str | None = None
) -> list[EnvVar]:
    """Variables in the clear for somebody who wants to read them: the audit log says who.

    Args:
        address: from where they look.
        key: the one that they look at; all without it.

    Raises:
        NotFound: the project has none of that key.
    """
    project = await changeable_project(store, actor, project_ref)
    found = await store.env_vars.of_project(project.id)
    if key is not None:
        found = [variable for variable in found if variable.key == key]
        if not found:
            raise _absent(key)
    target = {"project": project.slug} | ({} if key is None else {"key": key})
    await audit.record(store, audit.Who.of(actor), "reveal_env_vars", target, address, 200)
    return found


async def put(
    store: Store,
    actor: Actor,
    project_ref: str,
    key: str,
    value: str,
    target: Target | None = None,
) -> EnvVar:
    """Sets a variable. Without a `target` it keeps the one that it has, at first `both`.

    Raises:
        Invalid: key or value can't be one, or the project has too many.
    """
    project = await changeable_project(store, actor, project_ref)
    problems = {"key": check_key(key), "value": check_value(value)}
    details = [Detail(field, problem) for field, problem in problems.items() if problem]
    if details:
        text = "; ".join(f"{detail.field}: {detail.message}" for detail in details)
        raise Invalid(f"This is not a valid variable: {text}", details=details)
    variable = await store.env_vars.upsert(project.id, key, value, VARIABLES_MAX, target)
    if variable is None:
        raise Invalid(f"A project holds at most {VARIABLES_MAX} variables")
    return variable


async def change(store: Store, actor: Actor, project_ref: str, wanted: Mapping[str, str]) -> Diff:
    """Makes `wanted` the variables of a project, all or nothing; gives what that changed.

    Raises:
        Invalid: a key or a value can't be one, or they are too many; nothing was changed.
    """
    project = await changeable_project(store, actor, project_ref)
    _check(wanted)
    return diff(*await store.env_vars.change(project.id, lambda _: _bounded(wanted)))


async def merge(
    store: Store, actor: Actor, project_ref: str, wanted: Mapping[str, str | None]
) -> Diff:
    """Sets what `wanted` names, and removes what it names with None; all else stays.

    Raises:
        Invalid: as for `change`.
    """
    project = await changeable_project(store, actor, project_ref)
    given = {key: value for key, value in wanted.items() if value is not None}
    _check(given)

    def merged(present: Mapping[str, str]) -> Mapping[str, str]:
        others = {key: value for key, value in present.items() if key not in wanted}
        return _bounded(others | given)

    return diff(*await store.env_vars.change(project.id, merged))


def _check(variables: Mapping[str, str]) -> None:
    problems = [
        Detail(key[:50], problem)
        for key, value in variables.items()
        if (problem := check_key(key) or check_value(value))
    ]
    if problems:
        text = "; ".join(f"{detail.field}: {detail.message}" for detail in problems)
        raise Invalid(f"Not all of these can be variables: {text}", details=problems)


def _bounded(variables: Mapping[str, str]) -> Mapping[str, str]:
    if len(variables) > VARIABLES_MAX:
        raise Invalid(f"A project holds at most {VARIABLES_MAX} variables")
    return variables


async def unknown_to_running(
    store: Store, actor: Actor, project_ref: str
) -> tuple[Deployment, Diff]:
    """The running deployment, and how today's variables differ from those that it was started with.

    Raises:
        NothingRunning: none is running.
        Conflict: it is older than the box's memory of variables.
    """
    project = await changeable_project(store, actor, project_ref)
    running = await get_running(store, project)
    kept = None
    if running.env_digest is not None:
        kept = await store.env_snapshots.find(project.id, running.env_digest)
    if kept is None:
        raise Conflict(
            "The variables with which this version was started are not kept",
            hint="Redeploy it: from then on they are.",
        )
    today = await store.env_vars.of_project(project.id)
    return running, diff(_facts(kept), _facts(today))


def _facts(variables: Iterable[EnvVar]) -> dict[str, str]:
    """What makes a variable another one, by key: its value, and when it is there."""
    return {v.key: f"{v.target} {v.value}" for v in variables}


async def pending_since(store: Store, project: Project) -> str | None:
    """When variables changed that the running release does not know; None where it knows all.

    Its age tells nothing: a restart, and a rollback to the variables of then, are new and know less.
    """
    running = await store.deployments.running(project.id)
    changed_at = await store.env_vars.changed_at(project.id)
    if running is None or changed_at is None:
        return None
    if running.env_digest is None:  # older than the box's memory of variables
        return changed_at if changed_at > running.created_at else None
    today = await store.env_vars.of_project(project.id)
    return None if store.env_snapshots.digest(today) == running.env_digest else changed_at


async def delete(store: Store, actor: Actor, project_ref: str, key: str) -> None:
    """Removes a variable.

    Raises:
        NotFound: the project has none of that key.
    """
    project = await changeable_project(store, actor, project_ref)
    if not await store.env_vars.delete(project.id, key):
        raise _absent(key)


def _absent(key: str) -> NotFound:
    return NotFound(f"There is no variable {key[:50]!r} in this project")
