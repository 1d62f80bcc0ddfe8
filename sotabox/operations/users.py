"""The people of a box."""

import secrets

from sotabox.crypto.passwords import hash_password
from sotabox.crypto.tokens import digest_token, new_setup_token
from sotabox.errors import Detail, Invalid, NotFound
from sotabox.model.session import check_email
from sotabox.model.times import now
from sotabox.model.user import Role, User
from sotabox.operations.actor import Actor
from sotabox.store.store import Store

ADMIN_EMAIL = "admin@localhost"


async def ensure_admin(store: Store) -> User:
    """The box's admin; made without a password at the first call."""
    admin = await store.users.first_admin()
    if admin is not None:
        return admin
    return await store.users.insert(ADMIN_EMAIL, Role.ADMIN, None) or await ensure_admin(store)


async def by_email(store: Store, email: str) -> User:
    """The user of an address.

    Raises:
        NotFound: nobody has it.
    """
    user = await store.users.find_by_email(email.strip().lower())
    if user is None:
        raise NotFound(f"There is no user {email!r} on this box")
    return user


async def reset_admin_password(store: Store) -> tuple[User, str]:
    """Gives the admin a fresh password; this is the only time that it is known."""
    admin = await ensure_admin(store)
    password = secrets.token_urlsafe(12)
    await store.users.set_password(admin.id, await hash_password(password))
    return admin, password


async def invite(store: Store, actor: Actor, email: str, role: str) -> tuple[User, str]:
    """A new user, and the token of the setup link with which they choose a password.

    Raises:
        Forbidden: only admins let people in.
        Invalid: the address can't be one, or is taken, or there is no such role.
    """
    actor.require_admin()
    email = email.strip().lower()
    problem = check_email(email)
    if problem is None and role not in tuple(Role):
        raise Invalid(f"There is no role {role[:50]!r}", details=[Detail("role", "choose one")])
    user = await store.users.insert(email, Role(role), None) if problem is None else None
    if user is None:
        problem = problem or "somebody on this box has this address already"
        raise Invalid("This address can't be used", details=[Detail("email", problem)])
    return user, await make_setup_link(store, user)


async def make_link(store: Store, actor: Actor, user_id: str) -> tuple[User, str]:
    """A user, and the token of a new setup link for them; an older one ends.

    Raises:
        Forbidden: only admins let people in.
        NotFound: there is no such user.
    """
    actor.require_admin()
    user = await store.users.find(user_id)
    if user is None:
        raise NotFound("There is no such user")
    return user, await make_setup_link(store, user)


async def make_setup_link(store: Store, user: User) -> str:
    """The token of a new setup link of a user; this is the only time that it is known."""
    token = new_setup_token()
    await store.setup_links.replace(user.id, digest_token(token), now())
    return token
