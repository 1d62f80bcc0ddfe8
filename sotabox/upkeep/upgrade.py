"""An upgrade of the program as a small file says it, and what one that was cut off needs.

    prepared    the new file is verified and lies ready; nothing has changed
    stopped     the control plane stops, its database is copied
    switched    the database's copy is whole; from here on the new program may be in place and run
    returning   the new one did not get ready: the program before and its database come back
    done        the new one is ready
    returned    the one before is ready again

Each is noted, durably, before what it allows is begun. The file lies in the data directory, so that
the program before and the new one read the same.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import msgspec

from sotabox.errors import Internal
from sotabox.store.copies import applied_steps, put_back
from sotabox.store.folders import Folders
from sotabox.upkeep.scratch import replace_file


class Phase(StrEnum):
    """How far an upgrade has come; the module says what each means."""

    PREPARED = "prepared"
    STOPPED = "stopped"
    SWITCHED = "switched"
    RETURNING = "returning"
    DONE = "done"
    RETURNED = "returned"


class Upgrade(msgspec.Struct, frozen=True, kw_only=True):
    """An upgrade's file.

    Attributes:
        before, after: versions; sha256_before, sha256_after: of their program files, in hex.
        steps: of the schema, which the database had taken before.
        started_at: RFC 3339.
        reason: why it went back; None where it did not.
    """

    phase: Phase
    before: str
    after: str
    sha256_before: str
    sha256_after: str
    steps: tuple[str, ...]
    started_at: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """How things are: the digest of the program in place, and whether the control plane is ready."""

    sha256: str
    ready: bool


class Mend(StrEnum):
    """What an upgrade that was cut off needs."""

    NOTHING = "nothing"  # it has ended, or there was none
    CLEAR = "clear"  # what it laid ready
    START = "start"  # the control plane, which it had stopped
    CONFIRM = "confirm"  # the new program works: note that
    GO_BACK = "go back"  # to the program and the database before


def next_mend(upgrade: Upgrade | None, seen: Seen) -> Mend:
    """What has to be done about an upgrade that nobody works at any more."""
    if upgrade is None or upgrade.phase in {Phase.DONE, Phase.RETURNED}:
        return Mend.NOTHING
    if upgrade.phase is Phase.PREPARED:
        return Mend.CLEAR
    if upgrade.phase is Phase.STOPPED:
        return Mend.CLEAR if seen.ready else Mend.START
    if upgrade.phase is Phase.SWITCHED and seen.ready and seen.sha256 == upgrade.sha256_after:
        return Mend.CONFIRM
    return Mend.GO_BACK


def is_database_changed(upgrade: Upgrade, applied: Collection[str]) -> bool:
    """Whether the new program has begun to change the schema; `applied`: its steps of now."""
    return bool(set(applied) - set(upgrade.steps))


def unreadable_steps(applied: Collection[str], known: Collection[str]) -> list[str]:
    """Steps of a database that a program which knows `known` has never heard of."""
    return sorted(set(applied) - set(known))


def upgrade_folder(folders: Folders) -> Path:
    """Where an upgrade keeps its file and the database's copy."""
    return folders.root / "upgrade"


def database_copy(folders: Folders) -> Path:
    """The database as it was before the last upgrade."""
    return upgrade_folder(folders) / "sotabox.db"


def read_upgrade(folders: Folders) -> Upgrade | None:
    """The last upgrade; None where there never was one.

    Raises:
        Internal: its file can't be read.
        PermissionError: not by us.
    """
    path = _file(folders)
    try:
        return msgspec.json.decode(path.read_bytes(), type=Upgrade)
    except FileNotFoundError:
        return None
    except PermissionError:
        raise  # nothing is wrong with it: who asks may not look
    except (OSError, msgspec.DecodeError) as error:
        raise Internal(
            f"What was noted of the last upgrade can't be read: {path}: {error}"
        ) from error


def write_upgrade(folders: Folders, upgrade: Upgrade) -> None:
    """Notes it; after this it stands on the disk."""
    upgrade_folder(folders).mkdir(exist_ok=True, mode=0o700)
    replace_file(_file(folders), msgspec.json.encode(upgrade))


def _file(folders: Folders) -> Path:
    return upgrade_folder(folders) / "state.json"


def put_back_database(folders: Folders, upgrade: Upgrade) -> bool:
    """Brings the database of before an upgrade back, where that has changed the schema; whether it did.

    The caller holds the data directory's lock.
    """
    if not is_database_changed(upgrade, applied_steps(folders.database)):
        return False
    put_back(database_copy(folders), folders.database)
    return True
