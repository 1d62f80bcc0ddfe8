"""`sotabox serve`: the control plane, in the foreground."""

import argparse
import logging
import os
import sys
from collections.abc import Mapping
from typing import NoReturn

from sotabox import __version__
from sotabox.cli.options import add_settings, settings_from
from sotabox.settings import Settings

NAME = "serve"
HELP = "Run the control plane: API, builds, routing."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_settings(parser)


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    settings = settings_from(arguments, environ)
    from sotabox.app import serve

    _go_on_returning(settings)
    _leave(serve(settings))


def _leave(code: int) -> NoReturn:
    """Ends the process at once: Python would wait for threads whose calls Docker does not answer.

    A clean-up of its build cache may take minutes. All that is ours is closed by now, and the start
    after a kill is one that `recovery` knows.
    """
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


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
