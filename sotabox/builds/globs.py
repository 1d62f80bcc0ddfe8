"""Glob patterns as regular expressions that no pattern makes slow.

Who uploads an app writes both the patterns and the paths. An expression that tries every way to part
a path among its stars takes years where they are many, and nothing else of this process runs
meanwhile. So each star but the last takes the nearest fit and keeps it (an atomic group): what it
leaves over the next one takes, and so nothing is missed.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final

#: What stands at a place of a pattern and is no star: its expression, and where the next begins.
Letter = Callable[[str, int], tuple[str, int]]

_NOTHING: Final = re.compile(r"(?!)")


def compile_globs(patterns: Iterable[str], letter: Letter) -> re.Pattern[str]:
    """The expression for whole paths that any of the patterns matches; none, if one can't be read.

    `*` is anything within a name, `**` as a whole name any number of directories.
    """
    try:
        return re.compile("|".join(_path(pattern, letter) for pattern in patterns), re.DOTALL)
    except re.error:
        return _NOTHING


def _path(pattern: str, letter: Letter) -> str:
    blocks: list[list[str]] = [[]]
    for name in pattern.split("/"):
        if name != "**":
            blocks[-1].append(_name(name, letter))
        elif len(blocks) == 1 or blocks[-1]:
            blocks.append([])
    first, *others = blocks
    if not others:
        return "/".join(first)
    *between, last = others
    parts = [f"{name}/" for name in first]
    parts += [f"(?>(?:[^/]*/)*?{'/'.join(block)}/)" for block in between]
    return "".join((*parts, f"(?:.*/)?{'/'.join(last)}" if last else ".*"))


def _name(name: str, letter: Letter) -> str:
    first, *others = _between_stars(name, letter)
    if not others:
        return first
    *between, last = others
    return "".join((first, *(f"(?>[^/]*?{part})" for part in between if part), f"[^/]*{last}"))


def _between_stars(name: str, letter: Letter) -> Iterator[str]:
    part, at = "", 0
    while at < len(name):
        if name[at] == "*":
            yield part
            part, at = "", at + 1
        else:
            more, at = letter(name, at)
            part += more
    yield part
