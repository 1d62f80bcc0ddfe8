"""`sotabox docs`: the manual, on the terminal."""

import argparse
from collections.abc import Mapping
from pathlib import Path

from sotabox.assets import folder
from sotabox.cli.failures import DONE
from sotabox.errors import NotFound

NAME = "docs"
HELP = "Print a page of the manual, or list its pages."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("topic", nargs="?", metavar="TOPIC", help="such as port or builds")


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:  # noqa: ARG001  a command's shape
    pages = topics()
    if arguments.topic is None:
        width = max(map(len, pages))
        for name, path in pages.items():
            print(f"{name:<{width}}  {_title(path)}")
        return DONE
    chosen = pages.get(arguments.topic)
    if chosen is None:
        raise NotFound(f"The manual has no page {arguments.topic}", hint="sotabox docs lists them.")
    print(chosen.read_text(encoding="utf-8"), end="")
    return DONE


def topics() -> dict[str, Path]:
    """The pages of the manual by their name."""
    return {path.stem: path for path in sorted(folder("docs").glob("*.md"))}


def _title(path: Path) -> str:
    with path.open(encoding="utf-8") as page:
        return page.readline().lstrip("# ").strip()
