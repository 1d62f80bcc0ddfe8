"""`sotabox backup`: the whole box in one file, while it serves."""

import argparse
from collections.abc import Mapping
from pathlib import Path

from sotabox.cli.failures import DONE
from sotabox.cli.options import add_settings, settings_from

NAME = "backup"
HELP = "Write everything of this box into one file, while it serves."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--output", type=Path, help="a file, or a folder for it (default: SOTABOX_BACKUP_DIR, or .)"
    )
    parser.add_argument(
        "--passphrase-file", type=Path, help="encrypt it by the first line of this file"
    )
    parser.add_argument("--logs", action="store_true", help="with the logs of deployments")
    parser.add_argument("--check", action="store_true", help="try out that it can be restored")
    add_settings(parser, ["data_dir", "domain", "backup_dir", "backup_passphrase_file"])


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    settings = settings_from(arguments, environ)
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
    print(f"{made.path}  {made.size_bytes / 1e6:.1f} MB in {made.duration_s:.1f} s")
    if made.manifest.missing:
        print(f"  without the archives of {len(made.manifest.missing)} deployments: they are gone")
    if arguments.check:
        seconds = rehearse(made.path, folders, passphrase=passphrase)
        print(f"  tried out in {seconds:.1f} s: it can be restored")
    return DONE
