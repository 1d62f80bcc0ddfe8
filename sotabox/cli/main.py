"""From arguments to an exit code: finds the command, runs it, says what went wrong."""

import argparse
import os
import sys
import traceback
from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from sotabox import __version__
from sotabox.cli import (
    apikey,
    audit,
    backup,
    caddy,
    cancel,
    completion,
    demo,
    deploy,
    docs,
    doctor,
    domains,
    env,
    gc,
    init,
    keys,
    live_restore,
    login,
    logout,
    logs,
    members,
    open_app,
    partner,
    pause,
    plan,
    project_settings,
    projects,
    ps,
    purge,
    redeploy,
    registries,
    restart,
    restore,
    resume,
    rollback,
    run_command,
    self_check,
    serve,
    setup,
    status,
    uninstall,
    unit,
    upgrade,
    url,
    user,
    wait,
    webhooks,
    whoami,
)
from sotabox.cli.configuration import merge_configuration
from sotabox.cli.failures import OWN_FAULT, exit_code, render_failure, render_json_failure
from sotabox.cli.mcp import command as mcp
from sotabox.cli.parser import Parser
from sotabox.errors import SotaboxError

_INTERRUPTED: Final = 130  # 128 + SIGINT, as shells say it


class Command(Protocol):
    """What a module of this package offers to be a command."""

    NAME: str
    HELP: str

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declares its flags; must not import anything slow."""

    def run(self, arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
        """Does it and returns the exit code."""


COMMANDS: Final[tuple[Command, ...]] = (
    # for people, from anywhere
    login,
    logout,
    whoami,
    init,
    deploy,
    logs,
    status,
    ps,
    projects,
    env,
    project_settings,
    domains,
    webhooks,
    members,
    redeploy,
    restart,
    rollback,
    cancel,
    pause,
    resume,
    run_command,
    open_app,
    keys,
    registries,
    audit,
    mcp,
    # for a box, on its server
    serve,
    caddy,
    doctor,
    plan,
    apikey,
    user,
    partner,
    url,
    demo,
    wait,
    backup,
    restore,
    upgrade,
    gc,
    unit,
    self_check,
    live_restore,
    setup,
    purge,
    uninstall,
    # for both
    docs,
    completion,
)


def build_parser() -> argparse.ArgumentParser:
    """The whole command line; cheap, as commands import their libraries only when run."""
    parser = Parser(
        prog="sotabox",
        description="Turns this server into a platform: upload an app, get a live URL.",
        epilog="Settings: flag > environment (SOTABOX_…) > the file named by SOTABOX_CONFIG.",
    )
    parser.set_defaults(whole=parser)  # for the command that tells a shell what can be typed
    parser.add_argument("--version", action="version", version=f"sotabox {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for command in COMMANDS:
        under = commands.add_parser(command.NAME, help=command.HELP, description=command.HELP)
        command.add_arguments(under)
        under.set_defaults(run=command.run)
    return parser


def run(argv: Sequence[str]) -> int:
    """Runs `sotabox ARGV…`; the exit codes are those of `failures`."""
    arguments = build_parser().parse_args(argv)
    try:
        environ = merge_configuration(os.environ)
        code: int = arguments.run(arguments, environ)
    except SotaboxError as error:
        as_json = getattr(arguments, "json", False)
        print(render_json_failure(error) if as_json else render_failure(error), file=sys.stderr)
        return exit_code(error)
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        # The reader of our output went away (`| head`): nothing is left to say, also not at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception:  # noqa: BLE001  the root of the process: shown whole, as nobody else can
        traceback.print_exc()
        print("sotabox: an error of sotabox itself; the lines above say where", file=sys.stderr)
        return OWN_FAULT
    return code
