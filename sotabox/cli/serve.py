"""`sotabox serve`: the control plane, in the foreground."""

import argparse
from collections.abc import Mapping

from sotabox.cli.options import add_settings, settings_from

NAME = "serve"
HELP = "Run the control plane: API, builds, routing. Apps go on when it ends."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_settings(parser)


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    settings = settings_from(arguments, environ)
    from sotabox.app import serve

    return serve(settings)
