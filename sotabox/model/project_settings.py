"""What a project says about how it is built and run; the box's settings stand in for the rest."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from sotabox.model.replica import REPLICAS_MOST

BUILDERS: Final = ("auto", "dockerfile", "railpack")
MEMORY_LEAST_MB: Final = 6  # the engine gives no less
MEMORY_MOST_MB: Final = 1_048_576
CPUS_LEAST: Final = 0.01
CPUS_MOST: Final = 512
PIDS_MOST: Final = 1_000_000
TIMEOUT_MOST_S: Final = 3600
COMMAND_MAX: Final = 4096
GUARD_MOST_MIN: Final = 1440
PATH_MAX: Final = 1024

_HEALTH_PATH: Final = re.compile(r"/[!-~]*")


class ProjectSettings(msgspec.Struct, frozen=True, kw_only=True):
    """A project's settings; None is what the box says, or what the build finds."""

    memory_mb: int | None = None
    cpus: float | None = None
    pids: int | None = None
    health_path: str | None = None
    health_timeout_s: int | None = None
    drain_timeout_s: int | None = None
    port: int | None = None
    builder: str | None = None
    root_directory: str | None = None
    build_command: str | None = None
    start_command: str | None = None
    guard_minutes: int | None = None
    guard_5xx_percent: float | None = None
    replicas: int | None = None


FIELDS: Final = tuple(field.name for field in msgspec.structs.fields(ProjectSettings))


def check_setting(name: str, value: Any) -> str | None:
    """Why `value` can't be the setting `name`, in words; None when it can. No value is always fine."""
    return None if value is None else _CHECKS[name](value)


def _whole(least: int, most: int) -> Callable[[Any], str | None]:
    def check(value: Any) -> str | None:
        return None if least <= value <= most else f"use {least} to {most}"

    return check


def _check_cpus(value: float) -> str | None:
    return None if CPUS_LEAST <= value <= CPUS_MOST else f"use {CPUS_LEAST} to {CPUS_MOST}"


def _check_health_path(value: str) -> str | None:
    if len(value) > PATH_MAX:
        return f"use at most {PATH_MAX} characters"
    if not _HEALTH_PATH.fullmatch(value) or "#" in value:
        return "begin with '/', and write what isn't plain ASCII as %XX"
    return None


def _check_builder(value: str) -> str | None:
    return None if value in BUILDERS else f"use one of {', '.join(BUILDERS)}"


def _check_root_directory(value: str) -> str | None:
    parts = value.split("/")
    if len(value) > PATH_MAX:
        return f"use at most {PATH_MAX} characters"
    if not value.isprintable() or any(part in {"", ".", ".."} for part in parts):
        return "name a directory of the archive, such as apps/web, without '/' at its ends or '..'"
    return None


def _check_command(value: str) -> str | None:
    if len(value) > COMMAND_MAX:
        return f"use at most {COMMAND_MAX} characters"
    if not value.strip() or any(c != "\t" and not c.isprintable() for c in value):
        return "write a command in one line"
    return None


_CHECKS: Final[Mapping[str, Callable[[Any], str | None]]] = {
    "memory_mb": _whole(MEMORY_LEAST_MB, MEMORY_MOST_MB),
    "cpus": _check_cpus,
    "pids": _whole(1, PIDS_MOST),
    "health_path": _check_health_path,
    "health_timeout_s": _whole(1, TIMEOUT_MOST_S),
    "drain_timeout_s": _whole(0, TIMEOUT_MOST_S),
    "port": _whole(1, 65535),
    "builder": _check_builder,
    "root_directory": _check_root_directory,
    "build_command": _check_command,
    "start_command": _check_command,
    "guard_minutes": _whole(0, GUARD_MOST_MIN),
    "guard_5xx_percent": lambda value: None if 0 < value <= 100 else "use more than 0, up to 100",
    "replicas": _whole(1, REPLICAS_MOST),
}
