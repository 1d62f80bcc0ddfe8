"""How the box is."""

from datetime import UTC, datetime

from sotabox.settings import Settings
from sotabox.store.folders import Folders
from sotabox.store.store import Store
from sotabox.upkeep.record import BackupState, read_record, state_of


async def check(store: Store) -> None:
    """Returns when the store answers.

    Raises:
        Unavailable: it does not.
    """
    await store.users.first_admin()


def backup_state(settings: Settings, folders: Folders) -> BackupState:
    """How the box stands with its scheduled backups; reads a small file."""
    return state_of(settings, read_record(folders.backup_record), datetime.now(UTC))
