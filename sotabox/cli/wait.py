"""`sotabox wait`: returns when the control plane is ready, or says why it isn't."""

import argparse
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from sotabox.cli.failures import DONE
from sotabox.cli.options import add_settings, settings_from
from sotabox.errors import Unavailable

NAME = "wait"
HELP = "Return once the control plane is ready."

_ASK_EVERY_S: Final = 0.05
_ANSWER_WITHIN_S: Final = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--timeout", type=float, default=30, metavar="SECONDS", help="give up then (default 30)"
    )
    parser.add_argument(
        "--process", type=int, metavar="PID", help="give up as soon as this process has ended"
    )
    add_settings(parser, ["listen", "data_dir"])


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    address = settings_from(arguments, environ).listen_address
    wait_until_ready(*address, arguments.timeout, process=arguments.process)
    return DONE


def wait_until_ready(host: str, port: int, timeout_s: float, *, process: int | None = None) -> None:
    """Returns when the control plane at an address is ready.

    Raises:
        Unavailable: it isn't after `timeout_s`, or `process` has ended.
    """
    deadline = time.monotonic() + timeout_s
    while (problem := find_problem(host, port)) is not None:
        if process and not Path(f"/proc/{process}").exists():
            raise Unavailable(f"the control plane (process {process}) has ended")
        if time.monotonic() > deadline:
            raise Unavailable(
                f"the control plane at {host}:{port} is not ready after {timeout_s:g} s: {problem}"
            )
        time.sleep(_ASK_EVERY_S)


def find_problem(host: str, port: int) -> str | None:
    """Why the control plane at an address is not ready, in words; None when it is."""
    import http.client

    connection = http.client.HTTPConnection(host, port, timeout=_ANSWER_WITHIN_S)
    try:
        connection.request("GET", "/readyz")
        response = connection.getresponse()
        body = response.read().decode(errors="replace").strip()
    except (OSError, http.client.HTTPException) as error:
        return getattr(error, "strerror", None) or str(error) or type(error).__name__
    finally:
        connection.close()
    return None if response.status == 200 else f"{response.status} {body}"
