"""The users of a box, as its admins look after them."""

from enum import StrEnum
from typing import TypeVar

from sotabox.errors import Conflict, Detail, Invalid, NotFound
from sotabox.model.user import Plan, Role, User
from sotabox.operations.actor import Actor
from sotabox.store.store import Store
from sotabox.store.users import LastAdmin, OwnsProjects

_Choice = TypeVar("_Choice", bound=StrEnum)


async def page(store: Store, actor: Actor, after: str, limit: int) -> list[User]:
    """At most `limit` users with ids above `after`, oldest first.

    Raises:
        Forbidden: the actor is no admin.
    """
    actor.require_admin()
    return await store.users.page(after, limit)


async def get(store: Store, actor: Actor, user_id: str) -> User:
    """A user: anybody for an admin, oneself for everybody.

    Raises:
        NotFound: there is none, or it is somebody else: the two can't be told apart.
    """
    user = await store.users.find(user_id)
    if user is None or not (actor.sees_all or user.id == actor.user.id):
        raise NotFound("There is no such user")
    return user


async def change(
    store: Store, actor: Actor, user_id: str, *, role: str | None = None, plan: str | None = None
) -> User:
    """Gives a user another role or plan, where one is given; it counts from their next request on.

    What runs keeps the bounds that it was started with.

    Raises:
        NotFound, Forbidden: only admins may, and only they know who there is.
        Invalid: there is no such role or plan.
        Conflict: this is the last admin.
    """
    user = await get(store, actor, user_id)
    actor.require_admin()
    chosen_role = None if role is None else _choose(Role, role, "role")
    chosen_plan = None if plan is None else _choose(Plan, plan, "plan")
    try:
        changed = await store.users.change(user.id, role=chosen_role, plan=chosen_plan)
    except LastAdmin as error:
        raise _last_admin() from error
    if changed is None:
        raise NotFound("There is no such user")
    return changed


async def log_out(store: Store, actor: Actor, user_id: str) -> None:
    """Ends all sessions of a user, at once; their API keys stay.

    Raises:
        NotFound, Forbidden: only admins may, and only they know who there is.
    """
    user = await get(store, actor, user_id)
    actor.require_admin()
    await store.sessions.delete_of_user(user.id)


async def reset_second_factor(store: Store, actor: Actor, user_id: str) -> None:
    """Lets a password be enough again for who has lost their phone; their sessions end.

    Whoever found the phone may be logged in with it.

    Raises:
        NotFound, Forbidden: only admins may, and only they know who there is.
    """
    user = await get(store, actor, user_id)
    actor.require_admin()
    await store.second_factors.put(user.id, None)
    await store.sessions.delete_of_user(user.id)


def _choose(kind: type[_Choice], text: str, field: str) -> _Choice:
    for known in kind:
        if known == text:
            return known
    problem = f"choose one of {', '.join(kind)}"
    raise Invalid(f"{field}: {problem}", details=[Detail(field, problem)])


async def remove(store: Store, actor: Actor, user_id: str, heir_email: str | None) -> None:
    """Removes a user with their keys, sessions and memberships; all of them end at once.

    Args:
        store: where they are kept.
        actor: an admin.
        user_id: who goes.
        heir_email: who gets their projects, which go on serving; None where they have none.

    Raises:
        NotFound, Forbidden: only admins may, and only they know who there is.
        Invalid: the heir is nobody on this box, or is who goes.
        Conflict: this is the last admin, or they have projects and there is no heir.
    """
    user = await get(store, actor, user_id)
    actor.require_admin()
    heir = None if heir_email is None else await _heir(store, user, heir_email)
    try:
        await store.users.delete(user.id, heir_id=heir.id if heir else None)
    except LastAdmin as error:
        raise _last_admin() from error
    except OwnsProjects as error:
        raise Conflict(
            f"{user.email} has projects",
            hint="Delete these first, or name who gets them: ?heir=EMAIL",
        ) from error


async def _heir(store: Store, user: User, email: str) -> User:
    heir = await store.users.find_by_email(email.strip().lower())
    if heir is None or heir.id == user.id:
        problem = "this must be the address of another user of this box"
        raise Invalid(f"heir: {problem}", details=[Detail("heir", problem)])
    return heir


def _last_admin() -> Conflict:
    return Conflict("This is the last admin of the box", hint="Make somebody else an admin first.")
