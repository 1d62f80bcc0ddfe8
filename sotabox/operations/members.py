"""Members of a project: let in by its owner, as `member` to work on it or as `viewer` to look."""

import time

from sotabox.errors import Detail, Invalid, NotFound
from sotabox.model.user import Member, Role
from sotabox.operations.actor import Actor, owned_project, visible_project
from sotabox.operations.throttle import Throttle
from sotabox.store.store import Store

ROLES = (Role.MEMBER, Role.VIEWER)


async def of(store: Store, actor: Actor, ref: str) -> list[Member]:
    """A project's members; its owner, named by the project itself, is not among them."""
    project = await visible_project(store, actor, ref)
    return await store.members.of_project(project.id)


async def put(
    store: Store, guesses: Throttle, actor: Actor, ref: str, email: str, role: str
) -> tuple[Member, bool]:
    """Lets a user of this box in, or changes as what; and whether they are new.

    That nobody has an address is said, or an owner would not know what is wrong; not often, or it would
    tell who has a login here. Admins see everybody anyway.

    Raises:
        Forbidden: the project isn't the actor's.
        Invalid: there is no such role, or nobody has the address, or the owner has it.
        RateLimited: the actor has named too many addresses that nobody has.
    """
    project = await owned_project(store, actor, ref)
    chosen = next((known for known in ROLES if known == role), None)
    if chosen is None:
        raise _invalid("role", f"choose one of {', '.join(ROLES)}")
    if not actor.sees_all:
        guesses.require(_guess_of(actor), time.monotonic())
    user = await store.users.find_by_email(email.strip().lower())
    if user is None:
        guesses.fail(_guess_of(actor), time.monotonic())
        raise _invalid("email", "nobody on this box has this address; an admin can invite them")
    if user.id == project.user_id:
        raise _invalid("email", "this is the owner, who may do everything already")
    return await store.members.put(project.id, user.id, chosen)


async def remove(store: Store, actor: Actor, ref: str, user_id: str) -> None:
    """Lets a member out, at once. Members may leave by themselves.

    Raises:
        Forbidden: the project isn't the actor's.
        NotFound: they are no member of it.
    """
    if user_id == actor.user.id:
        project = await visible_project(store, actor, ref)
    else:
        project = await owned_project(store, actor, ref)
    if not await store.members.delete(project.id, user_id):
        raise NotFound("This project has no such member")


def _guess_of(actor: Actor) -> str:
    return f"address by {actor.user.id}"


def _invalid(field: str, problem: str) -> Invalid:
    return Invalid(f"{field}: {problem}", details=[Detail(field, problem)])
