"""From arguments to an exit code: finds the command, runs it, says what went wrong."""

import argparse
import os
import sys
import traceback
from collections.abc import Sequence
from typing import Final

from sotabox import __version__
from sotabox.cli.columns import columns
from sotabox.cli.commands import COMMANDS, GROUPS
from sotabox.cli.configuration import merge_configuration
from sotabox.cli.failures import OWN_FAULT, exit_code, render_failure, render_json_failure
from sotabox.cli.parser import Parser, describe_actions
from sotabox.cli.terminal import prepare_streams, width_of_errors
from sotabox.errors import Forbidden, SotaboxError

_INTERRUPTED: Final = 130  # 128 + SIGINT, as shells say it


_DESCRIPTION: Final = "Turns a server into a platform: upload an app, get a live URL."
_EPILOG: Final = """\
More of a command: sotabox help COMMAND. The manual: sotabox docs.
Settings: flag > environment (SOTABOX_…) > the file named by SOTABOX_CONFIG.
"""


class _Whole(Parser):
    """The parser of the whole line, whose help shows the commands in their groups."""

    def format_help(self) -> str:
        return render_overview()


def render_overview() -> str:
    """All commands, a line each, in columns that stand below each other across the groups."""
    rows = iter(columns([(f"  {command.NAME}", command.HELP) for command in COMMANDS]))
    parts = [f"usage: sotabox COMMAND [OPTIONS]\n\n{_DESCRIPTION}\n"]
    for group in GROUPS:
        lines = [next(rows) for _ in group.commands]
        parts.append("\n".join([group.title, *lines]) + "\n")
    return "\n".join([*parts, _EPILOG])


def build_parser(word: str | None = None) -> argparse.ArgumentParser:
    """The command line; cheap, as commands import their libraries only when run.

    Given the first word of a call, only the command that it names has its flags and actions: to make
    those of all takes longer than most commands do.
    """
    parser = _Whole(prog="sotabox", usage="%(prog)s COMMAND [OPTIONS]")
    parser.set_defaults(whole=build_parser)  # for commands that tell what can be typed
    parser.add_argument("--version", action="version", version=f"sotabox {__version__}")
    commands = parser.add_subparsers(
        dest="command", metavar="COMMAND", required=True, parser_class=Parser, prog="sotabox"
    )
    for command in COMMANDS:
        under = commands.add_parser(command.NAME, help=command.HELP, description=command.HELP)
        if word in {None, command.NAME}:
            command.add_arguments(under)
            describe_actions(under)
        under.set_defaults(run=command.run)
    return parser


def run(argv: Sequence[str]) -> int:
    """Runs `sotabox ARGV…`; the exit codes are those of `failures`."""
    prepare_streams()
    arguments = argparse.Namespace()
    try:
        build_parser(argv[0] if argv else None).parse_args(argv, arguments)
        environ = merge_configuration(os.environ)
        code: int = arguments.run(arguments, environ)
        sys.stdout.flush()  # what can't be written is met here, not as the interpreter ends
    except SotaboxError as error:
        return _explain(error, as_json=getattr(arguments, "json", False))
    except PermissionError as error:
        return _explain(_denied(error, argv[0]), as_json=getattr(arguments, "json", False))
    except KeyboardInterrupt:
        if width_of_errors(os.environ):
            print(file=sys.stderr)  # the shell's prompt begins at the margin, not behind "^C"
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


def _explain(error: SotaboxError, *, as_json: bool) -> int:
    if as_json:
        print(render_json_failure(error), file=sys.stderr)
    else:
        print(render_failure(error, width_of_errors(os.environ)), file=sys.stderr)
    return exit_code(error)


def _denied(error: PermissionError, word: str) -> Forbidden:
    """What it mostly is: a server's data are root's, and the command was called by somebody else."""
    hint = None if os.geteuid() == 0 else f"Does it need root? sudo sotabox {word}"
    return Forbidden(f"{error.filename or word}: {error.strerror}", hint=hint)
