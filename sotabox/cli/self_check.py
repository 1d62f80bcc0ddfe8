"""`sotabox self-check`: whether this program runs here, and what it knows; asked before an upgrade."""

import argparse
from collections.abc import Mapping

from sotabox import __version__
from sotabox.cli.connect import print_json
from sotabox.cli.failures import DONE
from sotabox.cli.options import add_settings, settings_from

NAME = "self-check"
HELP = "Load all of this program; tell its version and schema."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_settings(parser)


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    settings_from(arguments, environ)  # a setting that this version refuses keeps it from starting
    from importlib import import_module

    from sotabox.router.binary import find_caddy
    from sotabox.store.integrity import known_steps

    import_module("sotabox.app")  # all that serving needs, native modules too
    find_caddy(environ)
    print_json({"version": __version__, "schema": known_steps()})
    return DONE
