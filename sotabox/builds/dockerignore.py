"""`.dockerignore`, as Docker's own tools read it; the engine does not for a sent context.

Source: moby/patternmatcher (`MatchesUsingParentResults`) and the Dockerfile reference: patterns are
relative to the context's root, the last one that matches a path or one of its parents decides, `!`
takes it back in.
"""

import posixpath
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sotabox.builds.globs import compile_globs

#: Patterns with more of `**` amid letters than anybody writes are read as far as the first.
_SPELLED_MAX: Final = 6


@dataclass(frozen=True, slots=True)
class Pattern:
    """One line: its expression, and whether it takes back what earlier ones left out."""

    expression: re.Pattern[str]
    negated: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a path is left out; `matched` is what its children need to know."""

    excluded: bool
    matched: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Ignore:
    """The patterns of a file, in order."""

    patterns: tuple[Pattern, ...] = ()

    @property
    def takes_back(self) -> bool:
        """Whether something below a directory that is left out may yet be taken in."""
        return any(pattern.negated for pattern in self.patterns)

    def judge(self, path: str, parent: Verdict | None = None) -> Verdict:
        """The verdict on a clean relative path, given that on its directory (None at the top)."""
        inherited = parent.matched if parent else (False,) * len(self.patterns)
        matched = tuple(
            above or pattern.expression.fullmatch(path) is not None
            for pattern, above in zip(self.patterns, inherited, strict=True)
        )
        excluded = False
        for pattern, hit in zip(self.patterns, matched, strict=True):
            if hit:
                excluded = not pattern.negated
        return Verdict(excluded, matched)


def parse_dockerignore(text: str) -> Ignore:
    """The patterns of a `.dockerignore`; comments and empty lines say nothing."""
    patterns = []
    for line in text.removeprefix("\ufeff").splitlines():
        if line.startswith("#") or not (pattern := line.strip()):
            continue
        negated = pattern.startswith("!")
        if negated and not (pattern := pattern[1:].strip()):
            continue
        clean = posixpath.normpath(pattern).lstrip("/")
        patterns.append(Pattern(compile_globs(_spelled(clean), _letter), negated))
    return Ignore(tuple(patterns))


def _spelled(pattern: str) -> tuple[str, ...]:
    """The pattern with each `**` as a whole name: `**a` means `**/a`, and `a**b` both of two things."""
    pattern = re.sub(r"(^|/)\*\*(?=[^/])", r"\1**/", pattern)
    found = re.search(r"(?<=[^/*\\])\*\*/?", pattern)
    if found is None:
        return (pattern,)
    before, after = pattern[: found.start()], pattern[found.end() :]
    meant = f"{before}*/**/{after}".rstrip("/"), f"{before}{after or '*'}"
    if pattern.count("**") > _SPELLED_MAX:
        return meant
    return tuple(spelled for pattern in meant for spelled in _spelled(pattern))


def _letter(pattern: str, at: int) -> tuple[str, int]:
    letter = pattern[at]
    if letter == "?":
        return "[^/]", at + 1
    if letter == "[" and (end := pattern.find("]", at + 2)) > 0:
        return pattern[at : end + 1], end + 1
    if letter == "\\" and at + 1 < len(pattern):
        return re.escape(pattern[at + 1]), at + 2
    return re.escape(letter), at + 1


def first_of(texts: Sequence[str | None]) -> Ignore:
    """The patterns of the first file that is there: `{Dockerfile}.dockerignore`, then the usual."""
    return next((parse_dockerignore(text) for text in texts if text is not None), Ignore())
