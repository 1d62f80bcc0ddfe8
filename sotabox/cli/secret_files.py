"""Files of secrets that a pattern lets into an archive, and what to say of them (pure)."""

from collections.abc import Sequence
from typing import Final

_HARMLESS: Final = frozenset({"example", "sample", "template", "dist", "defaults"})


def is_secret(name: str) -> bool:
    """Whether a file is by its name one of variables with their values.

    >>> is_secret("web/.env.production"), is_secret(".env.example"), is_secret("env.py")
    (True, False, False)
    """
    first, _, ending = name.rpartition("/")[2].removeprefix(".env").partition(".")
    named = name.rpartition("/")[2].startswith(".env")
    return named and not first and ending.rpartition(".")[2] not in _HARMLESS


def render_warnings(names: Sequence[str]) -> list[str]:
    """What a person should know before such files are in an image."""
    if not names:
        return []
    return [
        f"sotabox: {', '.join(names)} goes along, and its values will be in the image",
        f"  Better: sotabox env import {names[0]}, and no !{names[0]} in .gitignore or .sotaignore",
    ]
