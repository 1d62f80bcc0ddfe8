"""Where backups are kept besides a folder: the S3-compatible store that the settings name."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from sotabox.errors import Invalid, NotFound
from sotabox.settings import Settings
from sotabox.store.folders import Folders
from sotabox.upkeep.backup import SUFFIX, superfluous_backups
from sotabox.upkeep.bundle import Pulse
from sotabox.upkeep.object_store import ObjectStore
from sotabox.upkeep.passphrase import read_secret
from sotabox.upkeep.scratch import disk_trouble
from sotabox.upkeep.sigv4 import Credentials

SCHEME: Final = "s3://"


@contextmanager
def opened_store(
    settings: Settings, pulse: Pulse = lambda: None, *, url: str = ""
) -> Iterator[ObjectStore]:
    """The store of the settings for the time of the block; of `url`, where it is another bucket.

    Raises:
        Invalid: the settings name none, or not how it is entered.
    """
    address = url or settings.backup_store
    if not address:
        raise Invalid("There is no store for backups", hint="Set SOTABOX_BACKUP_STORE.")
    if not settings.backup_store_key_id or not settings.backup_store_secret_file.name:
        raise Invalid(
            "The store for backups needs an access key",
            hint="Set SOTABOX_BACKUP_STORE_KEY_ID and SOTABOX_BACKUP_STORE_SECRET_FILE.",
        )
    bucket, _, prefix = address.removeprefix(SCHEME).strip("/").partition("/")
    region = settings.backup_store_region
    store = ObjectStore(
        endpoint=settings.backup_store_endpoint or f"https://s3.{region}.amazonaws.com",
        bucket=bucket,
        prefix=prefix,
        credentials=Credentials(
            settings.backup_store_key_id,
            read_secret(settings.backup_store_secret_file, "access key's secret"),
            region,
        ),
        pulse=pulse,
    )
    with closing(store):
        yield store


def upload(store: ObjectStore, file: Path) -> None:
    """Puts a backup into the store, under its own name."""
    store.clear_parts()
    with disk_trouble("The backup could not be read"), file.open("rb") as source:
        store.put(file.name, source)


def download(store: ObjectStore, name: str, target: Path) -> None:
    """Writes a backup of the store into a new file."""
    with disk_trouble("The backup could not be loaded"):
        try:
            with target.open("xb") as file:
                target.chmod(0o600)
                store.get(name, file)
        except BaseException:
            target.unlink(missing_ok=True)
            raise


def remove_old(store: ObjectStore, instance_id: str, keep: int) -> None:
    """Removes this box's backups that are older than its newest `keep`."""
    for name in superfluous_backups(store.names(), instance_id, keep):
        store.delete(name)


def newest(store: ObjectStore) -> str:
    """The name of the newest backup of the one box that the store has any of.

    Raises:
        NotFound: there is none.
        Invalid: it has those of several boxes.
    """
    names = [name for name in store.names() if name.endswith(SUFFIX)]
    if not names:
        raise NotFound("There is no backup in the store")
    boxes = {name.removesuffix(SUFFIX).rpartition("-")[0] for name in names}
    if len(boxes) > 1:
        raise Invalid(
            f"The store has backups of several boxes: {', '.join(sorted(boxes))}",
            hint="Name one: sotabox backup --list shows them.",
        )
    return names[-1]


def outgoing(folders: Folders) -> Path:
    """The folder where backups lie on their way to the store and back; empty from now on."""
    folder = folders.root / "outgoing"
    folder.mkdir(exist_ok=True, mode=0o700)
    for torso in folder.iterdir():
        torso.unlink()
    return folder
