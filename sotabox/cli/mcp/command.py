"""`sotabox mcp`: serves the verbs of the command line to an AI agent, until its input ends."""

import argparse
import os
import sys
from collections.abc import Mapping
from typing import BinaryIO

from sotabox.cli.connect import add_address, connect
from sotabox.cli.failures import DONE

NAME = "mcp"
HELP = "Serve these commands to an AI agent (MCP, over stdio)."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "For an agent's configuration: command sotabox, arguments mcp. It uses your login; or give "
        "it SOTA_API_URL and SOTA_API_KEY in its environment."
    )
    add_address(parser)


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    from sotabox.cli.mcp.catalog import TOOLS
    from sotabox.cli.mcp.session import Session

    if sys.stdin.isatty():
        print("This waits for the messages of an agent's program; Ctrl-D ends it.", file=sys.stderr)
    with _own_output() as out:
        session = Session(out, TOOLS, lambda: connect(arguments, environ))
        session.serve(sys.stdin.buffer)
    return DONE


def _own_output() -> BinaryIO:
    """Standard output for messages alone: whatever else is printed goes to standard error."""
    own = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return own
