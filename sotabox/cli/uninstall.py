"""`sotabox uninstall`: takes away what install.sh put in place; apps and data only when asked.

Each step may be repeated. The launcher goes once nothing is left that only the program can remove:
`install.sh --uninstall` takes away the few files that are there after it, should this be cut off.
"""

import argparse
import shutil
from collections.abc import Mapping
from contextlib import suppress

from sotabox.cli import caddy, purge
from sotabox.cli.failures import DONE
from sotabox.cli.options import add_settings, settings_from

NAME = "uninstall"
HELP = "Remove sotabox; apps and data stay, unless --purge is said."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--purge", action="store_true", help="remove this box's apps, images and data as well"
    )
    add_settings(parser, ["data_dir", "docker_host", "network_pool"])


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    import asyncio

    settings = settings_from(arguments, environ)
    from sotabox.cli import services
    from sotabox.cli.upgrades.installation import Installation
    from sotabox.router.files import RouterFiles

    installation = Installation.find(environ)
    services.stop_for_good(installation, settings)
    asyncio.run(caddy.stop(RouterFiles(settings.data_dir)))
    for name in ("serve.log", "serve.log.1"):
        (settings.data_dir / name).unlink(missing_ok=True)
    if arguments.purge:
        purge.remove_box(settings)
    installation.launcher.unlink(missing_ok=True)
    if installation.config.name:
        installation.config.unlink(missing_ok=True)
        with suppress(OSError):  # somebody keeps something of their own there
            installation.config.parent.rmdir()
    shutil.rmtree(installation.program.parent, ignore_errors=True)
    print("  ok   sotabox is removed; Docker and what it needs stay, as others may use them")
    if not arguments.purge:
        print(f"       Apps and data stay in {settings.data_dir}; --purge removes them too.")
    return DONE
