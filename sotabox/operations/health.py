"""How the box is."""

from sotabox.store.store import Store


async def check(store: Store) -> None:
    """Returns when the store answers.

    Raises:
        Unavailable: it does not.
    """
    await store.users.first_admin()
