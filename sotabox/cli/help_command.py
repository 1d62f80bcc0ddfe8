"""`sotabox help`: all commands in their groups, or one command's own help."""

import argparse
from collections.abc import Mapping

from sotabox.cli.docs import topics
from sotabox.cli.failures import DONE
from sotabox.cli.parser import parsers_below
from sotabox.errors import NotFound

NAME = "help"
HELP = "Show all commands, or explain one: sotabox help env set"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("words", nargs="*", metavar="COMMAND", help="such as deploy, or env set")


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:  # noqa: ARG001  a command's shape
    parser = arguments.whole()
    for word in arguments.words:
        below = parsers_below(parser)
        if word not in below:
            hint = f"The manual has a page: sotabox docs {word}" if word in topics() else ""
            raise NotFound(
                f"There is no command {' '.join(arguments.words)}",
                hint=hint or f"See them: {parser.prog} --help",
            )
        parser = below[word]
    print(parser.format_help(), end="")
    return DONE
