"""The store of the box on this host, for commands that work beside the control plane."""

import getpass
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from sotabox.errors import NotFound
from sotabox.settings import Settings

if TYPE_CHECKING:
    from sotabox.store.store import Store


@asynccontextmanager
async def open_store(settings: Settings) -> AsyncIterator["Store"]:
    """The open store; it may be in use by a control plane that serves.

    Raises:
        NotFound: there is no box in the data directory; none is made.
    """
    from sotabox.events import Bus
    from sotabox.store.folders import Folders
    from sotabox.store.store import Store

    if not Folders(settings.data_dir).database.is_file():
        raise NotFound(
            f"there is no box in {settings.data_dir}",
            hint="Start it once with sotabox serve, or name another with --data-dir.",
        )
    store = await Store.open(settings.data_dir, Bus())
    try:
        yield store
    finally:
        await store.close()


async def note(store: "Store", action: str, **target: str) -> None:
    """Puts what was done on the host into the audit log, under the name of who is logged in there.

    An action has the name that the API has for it.
    """
    from sotabox.operations import audit

    await audit.record(
        store, audit.Who("", f"{_person()} on the host"), action, target, "host", 200
    )


async def note_beside(settings: Settings, action: str, **target: str) -> None:
    """The same, for what needs no open store itself."""
    async with open_store(settings) as store:
        await note(store, action, **target)


def _person() -> str:
    """Who is at the terminal: sudo tells whom root is today."""
    known = os.environ.get("SUDO_USER")
    if known:
        return known
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a number without a name
        return f"user {os.getuid()}"
