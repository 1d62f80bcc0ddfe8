"""Which version of a tool a person means: pins, ranges and minimums to one release line.

A pin (`20.11.1`, `3.12`) is taken as it is. A range or a minimum (`>=18`, `^20.1`, `~=3.11`,
`18 || 20`) is no pin: the default line if it satisfies, else the newest known line that does.
Understood: npm's ranges, Composer's constraints and Python's specifiers, which agree where they
overlap, except for a bare version: npm's and Composer's `20` is any 20, and so it is here.
"""

import re
import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import takewhile
from typing import Any, Final

from sotabox.builds.bases import TOOLS
from sotabox.builds.plan import Version
from sotabox.builds.source import Tree

_Bound = tuple[int, int, int]

_PIN: Final = re.compile(r"v?(\d+(?:\.\d+){0,2})(?:\.[x*])*")
_COMPARATOR: Final = re.compile(
    r"(>=|<=|==|!=|~=|~>|>|<|=|\^|~)?\s*v?(\d+|[x*])(?:\.(\d+|[x*]))?(?:\.(\d+|[x*]))?[^\s,|]*"
)
_HYPHEN: Final = re.compile(r"v?(\d[\d.x*]*)\s+-\s+v?(\d[\d.x*]*)")
_CEILING: Final = 10**6


@dataclass(frozen=True, slots=True)
class Wanted:
    """A version as a person wrote it, and where."""

    text: str
    origin: str


def choose(tool: str, wanted: Iterable[Wanted | None]) -> tuple[Version, tuple[str, ...]]:
    """The version of `tool` to use, from the first of `wanted` that is there; and warnings.

    Texts that can't be read fall back on the default line, with a warning.
    """
    row = TOOLS[tool]
    first = next((want for want in wanted if want and want.text.strip()), None)
    if first is None:
        return Version(tool, row.default, "the default"), ()
    text = first.text.strip().strip("\"'")
    if pin := _PIN.fullmatch(text):
        return _checked(Version(tool, pin[1], f"{first.origin} ({text})"))
    if (line := newest_line(text, row.lines, row.default)) is None:
        unmet = f"{first.origin} asks for {tool} {text!r}, which no version known here satisfies"
        return Version(tool, row.default, "the default"), (f"{unmet}: {row.default} is used",)
    return _checked(Version(tool, line, f"{first.origin} ({text})"))


def newest_line(constraint: str, lines: Iterable[str], default: str) -> str | None:
    """`default` if it satisfies, else the newest of `lines` that does; None if none does."""
    lines = tuple(lines)
    fitting = [line for line in lines if satisfies(line, constraint)]
    if default in fitting:
        return default
    return fitting[-1] if fitting else None


def satisfies(line: str, constraint: str) -> bool:
    """Whether some version of the release line (`20`, `3.12`) lies in the constraint."""
    return any(_overlaps(line, part) for part in re.split(r"\|\|?", constraint))


def _overlaps(line: str, conjunction: str) -> bool:
    if hyphen := _HYPHEN.search(conjunction):
        conjunction = f">={hyphen[1]} <={hyphen[2]}"
    low, high = _span(line)
    found = False
    for comparator in _COMPARATOR.finditer(conjunction):
        found = True
        operator = comparator[1] or "="
        lower, upper = _bounds(operator, [p for p in comparator.groups()[1:] if p is not None])
        if operator == "!=":
            if lower <= low and high <= upper:
                return False
            continue
        low, high = max(low, lower), min(high, upper)
    return found and low < high


def _span(version: str) -> tuple[_Bound, _Bound]:
    """From the first version of `version`'s line to the one after its last."""
    numbers = [int(n) for n in re.findall(r"\d+", version)[:3]]
    return _pad(numbers), _pad([*numbers[:-1], numbers[-1] + 1])


def _bounds(operator: str, parts: list[str]) -> tuple[_Bound, _Bound]:
    """The first version that a comparator takes, and the first after that which it doesn't."""
    numbers = [int(part) for part in takewhile(str.isdigit, parts)]
    if not numbers:
        return _pad([]), _pad([_CEILING])
    low, after = _span(".".join(map(str, numbers)))
    exact = len(numbers) == 3
    return {
        ">=": (low, _pad([_CEILING])),
        ">": ((*low[:2], low[2] + 1) if exact else after, _pad([_CEILING])),
        "<": (_pad([]), low),
        "<=": (_pad([]), after),
        "^": (low, _after_caret(numbers)),
        "~": (low, _pad([*numbers[:1], numbers[1] + 1]) if len(numbers) > 1 else after),
        "~=": (low, _pad([*numbers[:-2], numbers[-2] + 1]) if len(numbers) > 1 else after),
        "~>": (low, _pad([*numbers[:-2], numbers[-2] + 1]) if len(numbers) > 1 else after),
    }.get(operator, (low, after))


def _after_caret(numbers: list[int]) -> _Bound:
    if numbers[0] or len(numbers) == 1:
        return _pad([numbers[0] + 1])
    if numbers[1] or len(numbers) == 2:
        return _pad([0, numbers[1] + 1])
    return (0, 0, numbers[2] + 1)


def _pad(numbers: list[int]) -> _Bound:
    first, second, third = (*numbers, 0, 0, 0)[:3]
    return first, second, third


def _checked(version: Version) -> tuple[Version, tuple[str, ...]]:
    row = TOOLS[version.tool]
    if row.oldest_alive and _span(version.version)[1] <= _span(row.oldest_alive)[0]:
        ended = f"{version.tool} {version.version} gets no more security fixes"
        return version, (f"{ended}; the oldest line that does is {row.oldest_alive}",)
    return version, ()


def from_tool_files(tree: Tree, *names: str) -> Wanted | None:
    """What `mise.toml` or `.tool-versions` says of a tool, under any of its `names` there."""
    return _from_mise(tree, names) or _from_asdf(tree, names)


def _from_mise(tree: Tree, names: tuple[str, ...]) -> Wanted | None:
    for path in ("mise.toml", ".mise.toml", ".config/mise.toml"):
        if (text := tree.read(path)) is None:
            continue
        try:
            tools: Any = tomllib.loads(text).get("tools", {})
        except tomllib.TOMLDecodeError:
            continue
        for name in names:
            value = tools.get(name) if isinstance(tools, dict) else None
            if isinstance(value, list) and value:
                value = value[0]
            if isinstance(value, dict):
                value = value.get("version")
            if isinstance(value, str | int | float):
                return Wanted(str(value), path)
    return None


def _from_asdf(tree: Tree, names: tuple[str, ...]) -> Wanted | None:
    for line in (tree.read(".tool-versions") or "").splitlines():
        words = line.split("#")[0].split()
        if len(words) > 1 and words[0] in names:
            return Wanted(words[1], ".tool-versions")
    return None


def from_file(
    tree: Tree, path: str, clean: Callable[[str], str] = lambda text: text
) -> Wanted | None:
    """The first line that says something of a version file, such as `.nvmrc`."""
    for line in (tree.read(path, 4096) or "").splitlines():
        if text := clean(line.split("#")[0].strip()):
            return Wanted(text, path)
    return None
