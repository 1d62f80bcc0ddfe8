"""`sotabox restore`: a box from a backup, on this or a fresh machine."""

import argparse
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from sotabox.cli import caddy
from sotabox.cli.backup import STORE_SETTINGS
from sotabox.cli.failures import DONE
from sotabox.cli.host_store import note_beside
from sotabox.cli.options import add_settings, settings_from
from sotabox.settings import Settings

NAME = "restore"
HELP = "Bring a box back from the file of a backup."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file",
        help="what sotabox backup wrote: a file, or s3://BUCKET/… in a store (a folder: its newest)",
    )
    parser.add_argument("--passphrase-file", type=Path, help="its first line was the passphrase")
    parser.add_argument(
        "--force",
        action="store_true",
        help="also where there is a box: that one is moved aside, not removed",
    )
    add_settings(parser, ["data_dir", "backup_passphrase_file", *STORE_SETTINGS])


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    import asyncio

    settings = settings_from(arguments, environ)
    from sotabox.router.files import RouterFiles
    from sotabox.store.hold import held
    from sotabox.upkeep.passphrase import read_passphrase
    from sotabox.upkeep.restore import restore

    data_dir = settings.data_dir
    with held(data_dir), _file(arguments.file, settings) as file:
        manifest = restore(
            file,
            data_dir,
            passphrase=read_passphrase(
                arguments.passphrase_file or settings.backup_passphrase_file
            ),
            force=arguments.force,
            stop_router=lambda: asyncio.run(caddy.stop(RouterFiles(data_dir))),
        )
        asyncio.run(note_beside(settings, "restore_box", made_at=manifest.made_at))
    print(f"{data_dir} is the box of {manifest.domain}, as it was at {manifest.made_at}")
    print(f"  {manifest.rows['projects']} projects, {manifest.rows['deployments']} deployments")
    print("  Start it: its apps come back, built anew where their images are gone.")
    return DONE


@contextmanager
def _file(given: str, settings: Settings) -> Iterator[Path]:
    """The file of a backup, loaded for the time of the block where it lies in a store."""
    from sotabox.store.folders import Folders
    from sotabox.upkeep.backup import SUFFIX
    from sotabox.upkeep.places import SCHEME, download, newest, opened_store, outgoing

    if not given.startswith(SCHEME):
        yield Path(given)
        return
    folder, name = (given.rpartition("/")[::2]) if given.endswith(SUFFIX) else (given, "")
    loaded = outgoing(Folders(settings.data_dir)) / "loaded"
    with opened_store(settings, url=folder) as store:
        download(store, name or newest(store), loaded)
    try:
        yield loaded
    finally:
        loaded.unlink(missing_ok=True)
