"""`docs/api.md`, taken apart: its headings, its examples, and what to remember of their answers."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PAGE: Final = Path(__file__).resolve().parent.parent / "docs" / "api.md"
_HEADING: Final = re.compile(r"^### `(.+)`$", re.MULTILINE)
_EXAMPLE: Final = re.compile(r"```sh\n(.+?)```\n((?:<!-- .+? -->\n)*)", re.DOTALL)
_NOTE: Final = re.compile(r"<!-- (\w+)=(.+?) -->")


@dataclass(frozen=True)
class Example:
    """A piece of shell, and what the page's invisible notes say of its answer.

    `remember`: variables by the path of their value in the answer. `status`: of one that is an error.
    `wait`: the path of a deployment's id, which the next example needs settled.
    """

    script: str
    remember: dict[str, str]
    status: str | None
    wait: str | None


def endpoints() -> list[str]:
    """What has a heading, such as `GET /v1/projects`."""
    return _HEADING.findall(PAGE.read_text(encoding="utf-8"))


def examples() -> list[Example]:
    """Every example, in the order of the page."""
    found = []
    for script, notes in _EXAMPLE.findall(PAGE.read_text(encoding="utf-8")):
        remember = dict(_NOTE.findall(notes))
        status, wait = remember.pop("status", None), remember.pop("wait", None)
        found.append(Example(script, remember, status, wait))
    return found
