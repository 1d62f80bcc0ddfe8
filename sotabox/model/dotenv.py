r"""Variables as the text of a `.env` file, and back (pure).

    # a comment
    NAME=plain text, up to the line's end
    export NAME='taken as it is'
    NAME="with \n, \t, \" and \\ inside
    over several lines"

Nothing is expanded: a value with `$` in it is that value.
"""

import re
from collections.abc import Mapping
from typing import Final

_NAME: Final = re.compile(r"\s*(?:export\s+)?([^\s=#]+)[ \t]*=[ \t]*")
_BLANK: Final = re.compile(r"[ \t]*(?:#.*)?\n?")
_SINGLE: Final = re.compile(r"'([^']*)'")
_DOUBLE: Final = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_PLAIN: Final = re.compile(r"[^\n]*")
_REST: Final = re.compile(r"[ \t]*(?:#[^\n]*)?(?:\n|\Z)")
_ESCAPES: Final = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\", "$": "$", "`": "`"}
_NEEDS_QUOTES: Final = re.compile(r"""^\s|\s$|[\n\r"'\\]|^$|\s#|^#""")


class Malformed(Exception):
    """A line that is none of a `.env` file; lines count from 1."""

    def __init__(self, line: int, problem: str) -> None:
        super().__init__(f"line {line}: {problem}")
        self.line = line
        self.problem = problem


def parse(text: str) -> dict[str, str]:
    r"""The variables of a text; a name that comes twice has its last value.

    >>> parse('A=1\nB="x\\ny"')
    {'A': '1', 'B': 'x\ny'}

    Raises:
        Malformed: a line is neither a comment nor `NAME=value`.
    """
    found: dict[str, str] = {}
    at = 0
    while at < len(text):
        blank = _BLANK.match(text, at)
        if (
            blank
            and blank.end() > at
            and (text[blank.end() - 1] == "\n" or blank.end() == len(text))
        ):
            at = blank.end()
            continue
        match = _NAME.match(text, at)
        line = text.count("\n", 0, at) + 1
        if match is None or "\n" in match[0].strip("\n"):
            raise Malformed(line, "write it as NAME=value")
        value, at = _value(text, match.end(), line)
        found[match[1]] = value
    return found


def render(variables: Mapping[str, str]) -> str:
    """The text of these variables, a line each; `parse` reads it back."""
    return "".join(f"{name}={_quoted(value)}\n" for name, value in sorted(variables.items()))


def _value(text: str, at: int, line: int) -> tuple[str, int]:
    """The value that begins at `at`, and where the next line begins."""
    first = text[at : at + 1]
    if first in {"'", '"'}:
        match = (_SINGLE if first == "'" else _DOUBLE).match(text, at)
        rest = _REST.match(text, match.end()) if match else None
        if match is None:
            raise Malformed(line, f"its value begins with {first} and does not end with one")
        if rest is None:
            raise Malformed(line, "something follows the value's closing quote")
        value = match[1] if first == "'" else re.sub(r"\\(.)", _unescape, match[1], flags=re.DOTALL)
        return value, rest.end()
    match = _PLAIN.match(text, at)
    plain = match[0] if match else ""
    return re.split(r"\s#", plain, maxsplit=1)[0].strip(), at + len(plain) + 1


def _unescape(match: re.Match[str]) -> str:
    return _ESCAPES.get(match[1], match[0])


def _quoted(value: str) -> str:
    if not _NEEDS_QUOTES.search(value):
        return value
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\r", "\\r")
    return f'"{escaped}"'
