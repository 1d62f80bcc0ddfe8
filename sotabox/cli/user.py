"""`sotabox user invite`, `setup-link` and `reset-password`: let people in, from the host."""

import argparse
from collections.abc import Mapping

from sotabox.cli.addresses import router_settings
from sotabox.cli.failures import DONE
from sotabox.cli.host_store import note, open_store
from sotabox.cli.options import add_settings, settings_from
from sotabox.settings import Settings

NAME = "user"
HELP = "Invite people; make a login or a new password for them."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    link = actions.add_parser(
        "setup-link",
        help="print a link under which the admin chooses address and password, once",
        description="Prints a link to the dashboard that works once, for an hour.",
    )
    link.add_argument("--user", metavar="EMAIL", help="whose login it sets (default: the admin's)")
    add_settings(link, ["data_dir", "domain", "http_port", "https_port", "tls"])
    invite = actions.add_parser(
        "invite",
        help="let somebody in: print a link under which they choose a password, once",
        description="Makes a user, and prints a link for them that works once, for an hour.",
    )
    invite.add_argument("email", metavar="EMAIL", help="the address that they will log in with")
    invite.add_argument(
        "--role",
        choices=["admin", "member", "viewer"],
        default="member",
        help="admin: everything; member: own projects; viewer: look only (default member)",
    )
    add_settings(invite, ["data_dir", "domain", "http_port", "https_port", "tls"])
    reset = actions.add_parser(
        "reset-password",
        help="give the admin a fresh password and print it, once",
        description="Prints the admin's address and a fresh password, with a space between them.",
    )
    reset.add_argument(
        "--if-unset", action="store_true", help="do nothing where the admin has a password"
    )
    add_settings(reset, ["data_dir"])


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    import asyncio

    settings = settings_from(arguments, environ)
    if arguments.action in {"setup-link", "invite"}:
        token = asyncio.run(
            _invite(settings, arguments.email, arguments.role)
            if arguments.action == "invite"
            else _make_link(settings, arguments.user)
        )
        print(f"{router_settings(settings).url(settings.domain)}/setup/{token}")
        return DONE
    login = asyncio.run(_reset(settings, only_if_unset=arguments.if_unset))
    if login:
        print(*login)
    return DONE


async def _make_link(settings: Settings, email: str | None) -> str:
    from sotabox.operations import users

    async with open_store(settings) as store:
        user = await (users.by_email(store, email) if email else users.ensure_admin(store))
        token = await users.make_setup_link(store, user)
        await note(store, "renew_setup_link", user=user.email)
    return token


async def _invite(settings: Settings, email: str, role: str) -> str:
    from sotabox.operations import users
    from sotabox.operations.actor import Actor

    async with open_store(settings) as store:
        # Who may run this on the host is its admin.
        user, token = await users.invite(store, Actor(await users.ensure_admin(store)), email, role)
        await note(store, "invite_user", user=user.email, role=role)
    return token


async def _reset(settings: Settings, *, only_if_unset: bool) -> tuple[str, str] | None:
    from sotabox.operations import users

    async with open_store(settings) as store:
        admin = await users.ensure_admin(store)
        if only_if_unset and admin.password_hash is not None:
            return None
        admin, password = await users.reset_admin_password(store)
        await note(store, "reset_password", user=admin.email)
    return admin.email, password
