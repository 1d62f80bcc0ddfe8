"""`sotabox backup`: the whole box in one file, while it serves."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from sotabox.cli.failures import DONE
from sotabox.cli.host_store import note_beside
from sotabox.cli.options import add_settings, settings_from

NAME = "backup"
HELP = "Write everything of this box into one file, while it serves."

STORE_SETTINGS: Final = (
    "backup_store", "backup_store_endpoint", "backup_store_region", "backup_store_key_id",
    "backup_store_secret_file",
)  # fmt: skip


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--output", type=Path, help="a file, or a folder for it (default: SOTABOX_BACKUP_DIR, or .)"
    )
    parser.add_argument(
        "--passphrase-file", type=Path, help="encrypt it by the first line of this file"
    )
    parser.add_argument("--logs", action="store_true", help="with the logs of deployments")
    parser.add_argument(
        "--store", action="store_true", help="bring it to SOTABOX_BACKUP_STORE as well"
    )
    parser.add_argument(
        "--list", action="store_true", help="make none; name those in SOTABOX_BACKUP_STORE"
    )
    parser.add_argument("--check", action="store_true", help="try out that it can be restored")
    add_settings(
        parser, ["data_dir", "domain", "backup_dir", "backup_passphrase_file", *STORE_SETTINGS]
    )


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    import asyncio

    settings = settings_from(arguments, environ)
    from sotabox.upkeep.places import opened_store, upload

    if arguments.list:
        with opened_store(settings) as store:
            for name in store.names():
                print(f"{settings.backup_store.rstrip('/')}/{name}")
        return DONE
    from sotabox.store.folders import Folders
    from sotabox.upkeep.backup import make_backup
    from sotabox.upkeep.passphrase import read_passphrase
    from sotabox.upkeep.restore import rehearse

    folders = Folders(settings.data_dir)
    passphrase = read_passphrase(arguments.passphrase_file or settings.backup_passphrase_file)
    made = make_backup(
        folders,
        arguments.output or settings.backup_dir,  # an empty path is this folder
        domain=settings.domain,
        passphrase=passphrase,
        logs=arguments.logs,
    )
    asyncio.run(note_beside(settings, "make_backup", name=made.path.name))
    print(f"{made.path}  {made.size_bytes / 1e6:.1f} MB in {made.duration_s:.1f} s")
    if made.manifest.missing:
        print(f"  without the archives of {len(made.manifest.missing)} deployments: they are gone")
    if arguments.store:
        with opened_store(settings) as store:
            upload(store, made.path)
        print(f"  stored as {settings.backup_store.rstrip('/')}/{made.path.name}")
    if arguments.check:
        seconds = rehearse(made.path, folders, passphrase=passphrase)
        print(f"  tried out in {seconds:.1f} s: it can be restored")
    return DONE
