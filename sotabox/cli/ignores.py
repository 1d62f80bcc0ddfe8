"""What of a folder stays at home (pure): the defaults, then `.gitignore`, then `.sotaignore`.

Patterns mean what they mean to git: the last one that matches decides, `!` takes back, a `.gitignore`
below speaks for its own folder, and nothing comes back from a folder that is left out itself.
`.sotaignore` has the last word: `!dist/` there deploys what git doesn't keep.
"""

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from sotabox.cli.gitignore import Pattern, parse_patterns

DEFAULTS: Final = (
    ".git",
    "node_modules",
    ".env",
    ".env.*",
    "*.log",
    ".DS_Store",
    ".sota.json",
    "__pycache__",
    ".venv",
    "vendor/",
)
#: In no archive, whatever a pattern says: a repository's history is none of an app's files.
_NEVER: Final = frozenset({".git", ".sota.json"})
GIT_FILE: Final = ".gitignore"
OWN_FILE: Final = ".sotaignore"


@dataclass(frozen=True, slots=True)
class _Sieve:
    """Patterns in one expression, the strongest first; a group a pattern."""

    regex: re.Pattern[bytes]
    ranks: tuple[int, ...]
    takes_back: tuple[bool, ...]

    @classmethod
    def of(cls, patterns: Iterable[tuple[int, Pattern]]) -> "_Sieve | None":
        strongest = sorted(patterns, key=lambda ranked: -ranked[0])
        if not strongest:
            return None
        regex = b"|".join(b"(" + pattern.regex + b")" for _, pattern in strongest)
        return cls(
            re.compile(regex, re.DOTALL),
            tuple(rank for rank, _ in strongest),
            tuple(pattern.takes_back for _, pattern in strongest),
        )

    def judge(self, text: bytes) -> tuple[int, bool] | None:
        """How strong the strongest pattern is that fits, and whether it leaves out."""
        match = self.regex.fullmatch(text)
        if match is None or match.lastindex is None:
            return None
        at = match.lastindex - 1
        return self.ranks[at], not self.takes_back[at]


@dataclass(frozen=True, slots=True)
class _Layer:
    """The patterns of one file, for what lies below the first `base` bytes of a path.

    `names` are of patterns without a slash, `paths` of others; both for files, and for folders.
    """

    base: int
    names: tuple[_Sieve | None, _Sieve | None]
    paths: tuple[_Sieve | None, _Sieve | None]

    def judge(self, path: bytes, name: bytes, *, is_folder: bool) -> bool | None:
        """Whether a file or folder is left out; None where no pattern fits."""
        by_name, by_path = self.names[is_folder], self.paths[is_folder]
        first = by_name.judge(name) if by_name else None
        second = by_path.judge(path[self.base :]) if by_path else None
        verdicts = [verdict for verdict in (first, second) if verdict]
        return max(verdicts)[1] if verdicts else None


@dataclass(frozen=True, slots=True)
class Ignores:
    """The patterns in force in a folder, weakest first; `last` is stronger than all."""

    layers: tuple[_Layer, ...]
    last: _Layer

    def within(self, base: str, gitignore: bytes | None) -> "Ignores":
        """Those in force in the folder `base` (such as `src`), which may have a `.gitignore`."""
        if gitignore is None:
            return self
        layer = _layer(len(os.fsencode(base)) + 1, gitignore)
        return Ignores((*self.layers, layer), self.last)

    def leaves_out(self, path: str, *, is_folder: bool) -> bool:
        """Whether something whose folder is not left out is left out itself.

        Args:
            path: relative to the root of all, with slashes, without one at its end.
            is_folder: a folder itself, and not a link to one.
        """
        name = path.rpartition("/")[2]
        if name in _NEVER:
            return True
        path_bytes, name_bytes = os.fsencode(path), os.fsencode(name)
        for layer in (self.last, *reversed(self.layers)):
            verdict = layer.judge(path_bytes, name_bytes, is_folder=is_folder)
            if verdict is not None:
                return verdict
        return False


def make_ignores(gitignore: bytes | None, sotaignore: bytes | None) -> Ignores:
    """The patterns in force at the root, from the contents of the files there."""
    layers = [_layer(0, "\n".join(DEFAULTS).encode())]
    if gitignore is not None:
        layers.append(_layer(0, gitignore))
    return Ignores(tuple(layers), _layer(0, sotaignore or b""))


def _layer(base: int, text: bytes) -> _Layer:
    ranked = list(enumerate(parse_patterns(text)))

    def sieve(*, anchored: bool, folders: bool) -> _Sieve | None:
        return _Sieve.of(
            (rank, pattern)
            for rank, pattern in ranked
            if pattern.anchored == anchored and (folders or not pattern.folders_only)
        )

    return _Layer(
        base,
        (sieve(anchored=False, folders=False), sieve(anchored=False, folders=True)),
        (sieve(anchored=True, folders=False), sieve(anchored=True, folders=True)),
    )
