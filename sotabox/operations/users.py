"""The people of a box."""

import secrets

from sotabox.crypto import hash_password
from sotabox.errors import NotFound
from sotabox.model.user import Role, User
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
