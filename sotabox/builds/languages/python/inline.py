"""Scripts that list what they need in themselves.

Source: PEP 723, "Inline script metadata".
"""

import tomllib
from dataclasses import dataclass

from sotabox.builds.languages.python.files import MAIN_FILES
from sotabox.builds.source import Tree

_BEGIN, _END = "# /// script", "# ///"


@dataclass(frozen=True, slots=True)
class Inline:
    """What a main file says of itself; empty where no file does."""

    path: str = ""
    dependencies: tuple[str, ...] = ()
    requires_python: str = ""


def read_inline(tree: Tree) -> Inline:
    """The list in the first main file that is there."""
    path = next((file for file in MAIN_FILES if tree.exists(file)), "")
    block = _block((tree.read(path) or "").splitlines()) if path else ""
    try:
        data = tomllib.loads(block)
    except tomllib.TOMLDecodeError:
        return Inline()
    listed = data.get("dependencies")
    if not isinstance(listed, list) or not block:
        return Inline()
    requires = data.get("requires-python")
    return Inline(
        path,
        tuple(item for item in listed if isinstance(item, str)),
        requires if isinstance(requires, str) else "",
    )


def _block(lines: list[str]) -> str:
    """The comment between the two marks, without its number signs; "" if there is none."""
    stripped = [line.rstrip() for line in lines]
    if _BEGIN not in stripped:
        return ""
    rest = stripped[stripped.index(_BEGIN) + 1 :]
    if _END not in rest:
        return ""
    inside = rest[: rest.index(_END)]
    return "\n".join(line.removeprefix("#") for line in inside if line.startswith("#"))
