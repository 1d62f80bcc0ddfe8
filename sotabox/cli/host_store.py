"""The store of the box on this host, for commands that work beside the control plane."""

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
