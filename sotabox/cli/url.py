"""`sotabox url`: where this box, or one of its apps, is reached."""

import argparse
from collections.abc import Mapping

from sotabox.cli.addresses import router_settings
from sotabox.cli.failures import DONE
from sotabox.cli.options import add_settings, settings_from

NAME = "url"
HELP = "Print the address of the dashboard, or of an app."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("slug", nargs="?", help="the app's slug; without it, the dashboard")
    add_settings(parser, ["data_dir", "domain", "http_port", "https_port", "tls"])


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    settings = settings_from(arguments, environ)
    host = f"{arguments.slug}.{settings.domain}" if arguments.slug else settings.domain
    print(router_settings(settings).url(host))
    return DONE
