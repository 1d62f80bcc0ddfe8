"""What of a folder stays at home (pure): the defaults, then `.gitignore`, then `.sotaignore`.

Patterns mean what they mean to git: the last one that matches decides, `!` takes back, a `.gitignore`
below speaks for its own folder, and nothing comes back from a folder that is left out itself.
`.sotaignore` has the last word: `!dist/` there deploys what git doesn't keep.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pathspec import GitIgnoreSpec

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
class _Layer:
    """The patterns of one file, for what lies in `base` (with a slash at its end, or empty)."""

    base: str
    spec: GitIgnoreSpec

    def judge(self, path: str) -> bool | None:
        """Whether `path` is left out; None where no pattern matches."""
        return self.spec.check_file(path.removeprefix(self.base)).include


@dataclass(frozen=True, slots=True)
class Ignores:
    """The patterns in force in a folder, weakest first; `last` is stronger than all."""

    layers: tuple[_Layer, ...]
    last: _Layer

    def within(self, base: str, gitignore: str | None) -> "Ignores":
        """Those in force in the folder `base` (such as `src`), which may have a `.gitignore`."""
        if gitignore is None:
            return self
        return Ignores((*self.layers, _layer(f"{base}/", gitignore.splitlines())), self.last)

    def leaves_out(self, path: str, *, is_folder: bool) -> bool:
        """Whether something whose folder is not left out is left out itself.

        Args:
            path: relative to the root of all, with slashes, without one at its end.
            is_folder: a folder itself, and not a link to one.
        """
        if path.rpartition("/")[2] in _NEVER:
            return True
        asked = f"{path}/" if is_folder else path
        for layer in (self.last, *reversed(self.layers)):
            if (verdict := layer.judge(asked)) is not None:
                return verdict
        return False


def make_ignores(gitignore: str | None, sotaignore: str | None) -> Ignores:
    """The patterns in force at the root, from the texts of the files there."""
    layers = [_layer("", DEFAULTS)]
    if gitignore is not None:
        layers.append(_layer("", gitignore.splitlines()))
    return Ignores(tuple(layers), _layer("", (sotaignore or "").splitlines()))


def _layer(base: str, lines: Sequence[str]) -> _Layer:
    return _Layer(base, GitIgnoreSpec.from_lines(lines))
