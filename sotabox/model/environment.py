"""Environment variables of a project."""

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import Final

import msgspec

KEY_MAX: Final = 256
VALUE_MAX_BYTES: Final = 64 * 1024
VARIABLES_MAX: Final = 500

_KEY: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Target(StrEnum):
    """When a variable is there."""

    BOTH = "both"
    BUILD = "build"  # while the app is built, and not in its container
    RUN = "run"  # in the app's container, and not while it is built


class EnvVar(msgspec.Struct, frozen=True, kw_only=True):
    """A variable with its value in the clear."""

    id: str
    project_id: str
    key: str
    value: str
    target: Target = Target.BOTH
    created_at: str
    updated_at: str


def build_env(variables: Iterable[EnvVar]) -> dict[str, str]:
    """What a build may see, by key."""
    return {v.key: v.value for v in variables if v.target is not Target.RUN}


def run_env(variables: Iterable[EnvVar]) -> dict[str, str]:
    """What the running app gets, and its release command, by key."""
    return {v.key: v.value for v in variables if v.target is not Target.BUILD}


def check_key(key: str) -> str | None:
    """Why `key` can't name a variable, in words; None when it can."""
    if not _KEY.fullmatch(key) or len(key) > KEY_MAX:
        return "use letters, digits and '_', not starting with a digit, at most 256 characters"
    if key == "PORT":
        return "PORT is set by the box: it is the port on which the app must listen"
    return None


def check_value(value: str) -> str | None:
    """Why `value` can't be a variable's value, in words; None when it can."""
    if "\0" in value:
        return "a value can't hold a NUL character"
    try:
        size_bytes = len(value.encode())
    except UnicodeEncodeError:
        return "a value must be text that UTF-8 can write; it holds half of a surrogate pair"
    if size_bytes > VALUE_MAX_BYTES:
        return "a value holds at most 64 KiB"
    return None
