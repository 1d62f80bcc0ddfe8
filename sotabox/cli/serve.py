"""`sotabox serve`: the control plane, in the foreground."""

import argparse
from collections.abc import Mapping

from sotabox import __version__
from sotabox.cli.options import add_settings, settings_from
from sotabox.settings import Settings

NAME = "serve"
HELP = "Run the control plane: API, builds, routing. Apps go on when it ends."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_settings(parser)


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    settings = settings_from(arguments, environ)
    from sotabox.app import serve

    _go_on_returning(settings)
    return serve(settings)


def _go_on_returning(settings: Settings) -> None:
    """Where an upgrade was cut off while it went back to us: brings the database back that we know."""
    from sotabox.store.folders import Folders
    from sotabox.store.hold import held
    from sotabox.upkeep.upgrade import Phase, put_back_database, read_upgrade

    folders = Folders(settings.data_dir)
    upgrade = read_upgrade(folders)
    if upgrade is None or upgrade.phase is not Phase.RETURNING or upgrade.before != __version__:
        return
    with held(settings.data_dir):
        put_back_database(folders, upgrade)
