"""`sotabox caddy`: Caddy alone, for a service of its own."""

import argparse
from collections.abc import Mapping
from typing import Final

from sotabox.cli.failures import DONE
from sotabox.cli.options import add_settings, settings_from
from sotabox.errors import RouterUnavailable
from sotabox.router.files import RouterFiles

NAME = "caddy"
HELP = "Run Caddy by itself: apps answer without the control plane."

_END_WITHIN_S: Final = 20  # Caddy's grace period, and some


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--stop", action="store_true", help="end this box's Caddy, whoever started it"
    )
    add_settings(parser, ["data_dir"])


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    settings = settings_from(arguments, environ)
    from sotabox.router.binary import find_caddy
    from sotabox.router.spawn import exec_caddy

    files = RouterFiles(settings.data_dir)
    if arguments.stop:
        import asyncio

        asyncio.run(stop(files))
    else:
        exec_caddy(find_caddy(environ), files, environ)
    return DONE


async def stop(files: RouterFiles) -> None:
    """Ends the Caddy of `files`, if there is one, and returns when it is gone.

    Raises:
        RouterUnavailable: it still runs after its grace period.
    """
    import asyncio

    from sotabox.router.admin import Admin
    from sotabox.router.handle import Handle

    admin = Admin(files.admin_socket)
    try:
        pid = admin.pid()
        if pid is None:
            return
        with Handle(pid) as caddy:
            await admin.stop()
            try:
                await asyncio.wait_for(caddy.ended(), _END_WITHIN_S)
            except TimeoutError as error:
                raise RouterUnavailable(
                    f"Caddy (process {pid}) still runs {_END_WITHIN_S} s after it was asked to end",
                    hint=f"kill -9 {pid}",
                ) from error
    finally:
        await admin.close()
