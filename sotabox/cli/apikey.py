"""`sotabox apikey create`: a key for the API, made on the host."""

import argparse
from collections.abc import Mapping

from sotabox.cli.failures import DONE
from sotabox.cli.host_store import note, open_store
from sotabox.cli.options import add_settings, settings_from
from sotabox.settings import Settings

NAME = "apikey"
HELP = "Make a key for the API, on the server."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    create = actions.add_parser(
        "create",
        help="make a key and print it, once",
        description="Prints a new key, and nothing else. It works while the box serves.",
    )
    create.add_argument("--name", required=True, help="what the key is for, such as laptop or ci")
    create.add_argument("--user", metavar="EMAIL", help="whose key it is (default: the admin's)")
    add_settings(create, ["data_dir"])


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    import asyncio

    settings = settings_from(arguments, environ)
    print(asyncio.run(make_key(settings, arguments.name, arguments.user)))
    return DONE


async def make_key(settings: Settings, name: str, email: str | None = None) -> str:
    """A new key of somebody's, or the admin's."""
    from sotabox.operations import api_keys, users

    async with open_store(settings) as store:
        user = await (users.by_email(store, email) if email else users.ensure_admin(store))
        _, key = await api_keys.create(store, user, name)
        await note(store, "create_api_key", user=user.email, name=name)
    return key
