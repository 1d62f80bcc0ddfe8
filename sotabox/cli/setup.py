"""`sotabox setup`: what install.sh hands over to, once Python, Docker and the program are in place.

Writes the settings, has the engine leave containers alone while it is away, starts the services, and
says where everything is. Each step looks first: run again, it changes nothing that is right.
"""

import argparse
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sotabox.cli.failures import DONE
from sotabox.cli.options import add_settings, settings_from
from sotabox.settings import TABLE, Settings

if TYPE_CHECKING:
    from sotabox.cli.upgrades.installation import Installation

NAME = "setup"
HELP = "Set this server's box up and start it, as install.sh does."

#: What install.sh takes for the configuration file.
_SETTINGS: Final = (
    "data_dir", "domain", "listen", "http_port", "https_port", "tls", "acme_email", "releases",
)  # fmt: skip


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--demo", action="store_true", help="deploy the bundled example")
    parser.add_argument(
        "--keep-engine", action="store_true", help="leave the engine's configuration as it is"
    )
    parser.add_argument("--began", type=float, metavar="TIME", help="when install.sh was started")
    add_settings(parser, _SETTINGS)


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    began = arguments.began or time.time()
    settings = settings_from(arguments, environ)
    from sotabox.cli.services import LAUNCHER
    from sotabox.cli.upgrades.installation import Installation

    installation = Installation.find(environ)
    configure(installation.config, given(arguments))
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not arguments.keep_engine:
        from sotabox.cli.live_restore import set_live_restore

        set_live_restore(settings.docker_host)
    _ensure_running(installation, settings)
    key = ""
    if arguments.demo:
        key, code = _demo(arguments, environ, settings)
        if code != DONE:
            return code
    program = "sotabox" if installation.launcher == LAUNCHER else str(installation.launcher)
    _say_result(settings, program, key, time.time() - began, demo=arguments.demo)
    return DONE


def given(arguments: argparse.Namespace) -> dict[str, str]:
    """The settings given as flags, as variables."""
    flags = {row.env: getattr(arguments, row.name) for row in TABLE if row.name in _SETTINGS}
    return {name: value for name, value in flags.items() if value is not None}


def configure(file: Path, news: Mapping[str, str]) -> None:
    """Gives the box's configuration file the settings in `news`; the rest stays as it is."""
    from sotabox.cli.configuration import merge_settings
    from sotabox.cli.files import write_shared

    before = file.read_text(encoding="utf-8")
    text = merge_settings(before, news)
    if text != before:
        write_shared(file, text)


def _ensure_running(installation: "Installation", settings: Settings) -> None:
    from sotabox.cli import services

    began = time.monotonic()
    started = services.ensure_running(installation, settings)
    words = services.describe(installation, settings)
    if started:
        print(f"  →    {f'started {words}':<62} {time.monotonic() - began:3.0f} s")
    else:
        print(f"  ok   as before: {words}")


def _demo(
    arguments: argparse.Namespace, environ: Mapping[str, str], settings: Settings
) -> tuple[str, int]:
    """Deploys the example where it doesn't answer; the API key that was made for it, and how it went."""
    import asyncio

    from sotabox.cli import apikey, demo

    arguments.check = True
    if demo.run(arguments, environ) == DONE:
        print("  ok   the example app answers")
        return "", DONE
    arguments.check = False
    key = asyncio.run(apikey.make_key(settings, "install"))
    return key, demo.run(arguments, {**environ, demo.KEY_VARIABLE: key})


def _say_result(settings: Settings, program: str, key: str, took_s: float, *, demo: bool) -> None:
    """Says what is there now and what comes next; `program`: how sotabox is called here."""
    import asyncio

    from sotabox.cli.addresses import router_settings
    from sotabox.cli.demo import SLUG

    router = router_settings(settings)
    dashboard = router.url(settings.domain)
    link = asyncio.run(_setup_link(settings))
    print(f"Ready in {took_s:.0f} s.")
    if demo:
        print(f"  Example app:       {router.url(f'{SLUG}.{settings.domain}')}")
    print(f"  Dashboard:         {dashboard}")
    if link:
        print(f"  Set up your login: {dashboard}/setup/{link}  (one use, 1 hour)")
    else:
        anew = f"sudo {program} user setup-link"
        print(f"  Your login:        as set before; a link to set it anew: {anew}")
    if key:
        print(f"  API key:           {key}  (shown once)")
    print(f"  Deploy something:  {program} login {dashboard} && {program} deploy")
    print(f"  Remove it again:   sudo {program} uninstall")


async def _setup_link(settings: Settings) -> str | None:
    """A token under which the admin chooses a login; None where they have one."""
    from sotabox.cli.host_store import open_store
    from sotabox.operations import users

    async with open_store(settings) as store:
        admin = await users.ensure_admin(store)
        return None if admin.password_hash else await users.make_setup_link(store, admin)
