"""Credentials of registries, of a user or of the box: made, listed, changed, removed.

Pulls and builds of a project use those of its owner, then the box's, then what `docker login` keeps.
"""

from sotabox.errors import Conflict, Detail, Invalid, NotFound
from sotabox.model.origin import check_registry
from sotabox.model.registry import PASSWORD_MAX, REGISTRIES_MAX, USERNAME_MAX, Registry
from sotabox.operations.actor import Actor
from sotabox.store.store import Store


async def create(
    store: Store, actor: Actor, host: str, username: str, password: str, *, for_box: bool
) -> Registry:
    """New credentials of the actor, or of the box.

    Raises:
        Forbidden: a viewer, or somebody who is no admin and wants them for the box.
        Invalid: host, name or password can't be one.
        Conflict: there are some for this host, or enough.
    """
    actor.require_change()
    if for_box:
        actor.require_admin()
    host = _host_of(host)
    _check(host=host, username=username, password=password)
    user_id = None if for_box else actor.user.id
    known = await (
        store.registries.of_box() if for_box else store.registries.of_user(actor.user.id)
    )
    if len(known) >= REGISTRIES_MAX:
        raise Conflict(f"There are {REGISTRIES_MAX} registries already", hint="Delete one first.")
    made = await store.registries.insert(user_id, host, username, password)
    if made is None:
        raise Conflict(
            f"There are credentials for {host} already", hint="Change or delete those instead."
        )
    return made


async def of(store: Store, actor: Actor) -> list[Registry]:
    """The actor's own, and for an admin the box's as well."""
    box = await store.registries.of_box() if actor.sees_all else []
    return [*await store.registries.of_user(actor.user.id), *box]


async def get(store: Store, actor: Actor, registry_id: str) -> Registry:
    """Credentials that the actor may see, without the password.

    Raises:
        NotFound: there are none, or they are another's.
    """
    found = await store.registries.find(registry_id)
    if found is None or not (
        found.user_id == actor.user.id or (found.user_id is None and actor.sees_all)
    ):
        raise NotFound("There are no such registry credentials")
    return found


async def change(
    store: Store,
    actor: Actor,
    registry_id: str,
    *,
    username: str | None,
    password: str | None,
) -> Registry:
    """Sets what is given.

    Raises:
        NotFound, Forbidden, Invalid: as above.
    """
    found = await get(store, actor, registry_id)
    actor.require_change()
    _check(host=found.host, username=username, password=password)
    changed = await store.registries.change(found.id, username=username, password=password)
    if changed is None:
        raise NotFound("There are no such registry credentials")
    return changed


async def delete(store: Store, actor: Actor, registry_id: str) -> None:
    """Forgets credentials; images that they pulled stay."""
    found = await get(store, actor, registry_id)
    actor.require_change()
    await store.registries.delete(found.id)


def _host_of(text: str) -> str:
    """The host in what people paste: with a scheme, or with a path behind it."""
    text = text.strip().lower()
    return text.partition("://")[2].partition("/")[0] if "://" in text else text


def _check(*, host: str, username: str | None, password: str | None) -> None:
    problems = {
        "host": check_registry(host),
        "username": None if username is None else _check_text(username, USERNAME_MAX),
        "password": None if password is None else _check_text(password, PASSWORD_MAX),
    }
    if username is not None and ":" in username:
        problems["username"] = "a ':' would end the name"
    details = [Detail(field, problem) for field, problem in problems.items() if problem]
    if details:
        text = "; ".join(f"{detail.field}: {detail.message}" for detail in details)
        raise Invalid(f"These credentials can't be used: {text}", details=details)


def _check_text(text: str, length: int) -> str | None:
    if not 1 <= len(text) <= length or not text.replace("\n", "").isprintable():
        return f"use 1 to {length} printable characters"
    return None
