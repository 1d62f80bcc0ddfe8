"""`sotabox partner create`: a key for a program that makes users on this box."""

import argparse
from collections.abc import Mapping

from sotabox.cli.failures import DONE
from sotabox.cli.host_store import note, open_store
from sotabox.cli.options import add_settings, settings_from
from sotabox.settings import Settings

NAME = "partner"
HELP = "Make a key for a program that makes users on this box."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    create = actions.add_parser(
        "create",
        help="make a partner's key and print it, once",
        description="Prints a new key, and nothing else. It works while the box serves.",
    )
    create.add_argument("--name", required=True, help="whose key it is, such as the shop")
    add_settings(create, ["data_dir"])


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    import asyncio

    settings = settings_from(arguments, environ)
    print(asyncio.run(_create(settings, arguments.name)))
    return DONE


async def _create(settings: Settings, name: str) -> str:
    from sotabox.operations import partners

    async with open_store(settings) as store:
        _, key = await partners.create(store, name)
        await note(store, "create_partner", name=name)
    return key
