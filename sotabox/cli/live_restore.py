"""`sotabox live-restore`: tells the engine to leave containers alone while it is away.

With `live-restore` an engine upgrade, restart or crash stops no app. The setting is merged into the
engine's own file, keeping all that is there, and takes effect on SIGHUP, without a restart.
"""

import argparse
import json
import os
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from sotabox.cli.failures import DONE
from sotabox.cli.options import add_settings, settings_from
from sotabox.errors import Conflict

NAME = "live-restore"
HELP = "Let an upgrade of the engine stop no app."

_FILE: Final = Path("/etc/docker/daemon.json")
_PID_FILE: Final = Path("/var/run/docker.pid")
_KEY: Final = "live-restore"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--file", type=Path, default=_FILE, help=f"default {_FILE}")
    parser.add_argument("--pid-file", type=Path, default=_PID_FILE, help=f"default {_PID_FILE}")
    add_settings(parser, ["docker_host"])


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    docker_host = settings_from(arguments, environ).docker_host
    set_live_restore(docker_host, arguments.file, arguments.pid_file)
    return DONE


def set_live_restore(docker_host: str, file: Path = _FILE, pid_file: Path = _PID_FILE) -> None:
    """Turns it on in an engine's configuration, where it isn't on and may be; says what it did.

    Raises:
        Conflict: the configuration is no JSON.
    """
    import asyncio

    info = asyncio.run(_engine_info(docker_host))
    if info.get("LiveRestoreEnabled"):
        print("  ok   live-restore is on")
        return
    if (info.get("Swarm") or {}).get("LocalNodeState") not in (None, "", "inactive"):
        print("  ok   live-restore stays off: the engine is in a Swarm, which rules it out")
        return
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    _replace(file, merge_live_restore(text, str(file)))
    os.kill(int(pid_file.read_text()), signal.SIGHUP)
    print(f"  →    live-restore is on (in {file}): an engine upgrade stops no app")


def merge_live_restore(text: str, origin: str) -> str:
    """The engine's configuration `text` with live-restore on and everything else as it was.

    Raises:
        Conflict: the text isn't a JSON object, so that a change could only make it worse.
    """
    try:
        configuration = json.loads(text) if text.strip() else {}
    except json.JSONDecodeError as error:
        raise Conflict(
            f"{origin} is not valid JSON ({error}), so the engine would not start with it either",
            hint="Correct it, then run this again.",
        ) from error
    if not isinstance(configuration, dict):
        raise Conflict(f"{origin} does not hold a JSON object", hint="Correct it, then run again.")
    return json.dumps({**configuration, _KEY: True}, indent=2) + "\n"


async def _engine_info(docker_host: str) -> dict[str, Any]:
    from sotabox.engine.client import Engine

    engine = Engine(docker_host, instance_id="")
    try:
        return await engine.info()
    finally:
        await engine.close()


def _replace(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.sotabox")
    fresh.write_text(text, encoding="utf-8")
    fresh.chmod(path.stat().st_mode & 0o777 if path.exists() else 0o644)
    descriptor = os.open(fresh, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)
    fresh.replace(path)
