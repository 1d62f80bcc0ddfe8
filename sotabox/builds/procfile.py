"""The `Procfile`: `name: command` lines."""

import re
from typing import Final

_NAME: Final = re.compile(r"[A-Za-z0-9_-]+")


def parse_procfile(text: str) -> dict[str, str]:
    """Commands by process type, in the file's order; lines that are none are left out.

    A line is split at its first colon, so that a command may hold others.
    """
    processes = {}
    for line in text.splitlines():
        name, colon, command = line.partition(":")
        if colon and _NAME.fullmatch(name.strip()) and command.strip():
            processes[name.strip()] = command.strip()
    return processes
