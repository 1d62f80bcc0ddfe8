"""A read-only view of an app's source tree, as detection sees it.

Paths are relative, with `/`, sorted; only files and links are listed. What no build ever sees
(`.git`, `node_modules`) is not listed either.
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property, lru_cache
from pathlib import Path, PurePosixPath
from typing import Final, Protocol

from sotabox.builds.globs import compile_globs

#: Enough for any manifest; a lock file's head tells its format.
READ_MAX_BYTES: Final = 256 * 1024
#: Directories that are never part of a build, at any depth.
NEVER_SENT: Final = frozenset({".git", "node_modules"})
_WILD: Final = re.compile(r"[*?\[{]")
_CLASS: Final = re.compile(r"\[([!^]?)([^\]]+)\]")
_BRACES: Final = re.compile(r"\{([^{}]*)\}")
_ALTERNATIVES_MAX: Final = 64


class Tree(Protocol):
    """What detection may ask about a source tree."""

    @property
    def paths(self) -> tuple[str, ...]:
        """Every file, sorted."""

    def read(self, path: str, max_bytes: int = READ_MAX_BYTES) -> str | None:
        """The text of a file (its first `max_bytes`, bad UTF-8 replaced); None: no such file."""

    def exists(self, path: str) -> bool:
        """Whether `path` is a file or a directory with a file below it."""

    def glob(self, pattern: str) -> tuple[str, ...]:
        """The files that `pattern` matches.

        `*`, `?` and `[…]` match within a name, `**/` any directories; `{a,b}` is either.
        """

    def subtree(self, directory: str) -> "Tree":
        """The tree below `directory`, with paths relative to it."""


class _Listed:
    """What every tree answers from its listing alone."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._paths = tuple(sorted(paths))

    @property
    def paths(self) -> tuple[str, ...]:
        return self._paths

    @cached_property
    def _files_set(self) -> frozenset[str]:
        return frozenset(self._paths)

    @cached_property
    def _known(self) -> frozenset[str]:
        directories = {
            str(parent) for path in self._paths for parent in PurePosixPath(path).parents
        }
        return self._files_set | directories

    def exists(self, path: str) -> bool:
        return path.removeprefix("./").rstrip("/") in self._known

    @cached_property
    def _top(self) -> tuple[str, ...]:
        return tuple(path for path in self._paths if "/" not in path)

    def glob(self, pattern: str) -> tuple[str, ...]:
        # Detection asks for many manifests of a tree of many files: most are names without a star.
        if not _WILD.search(pattern):
            return (pattern,) if pattern in self._files_set else ()
        matches = _compile(pattern).fullmatch
        candidates = self._paths if "/" in pattern or "**" in pattern else self._top
        return tuple(path for path in candidates if matches(path))


class MemoryTree(_Listed):
    """A tree from a mapping of paths to texts: what tests and templates are written with."""

    def __init__(self, files: Mapping[str, str]) -> None:
        super().__init__(files)
        self._files = dict(files)

    def read(self, path: str, max_bytes: int = READ_MAX_BYTES) -> str | None:
        text = self._files.get(path.removeprefix("./"))
        return None if text is None else text[:max_bytes]

    def subtree(self, directory: str) -> Tree:
        prefix = directory.strip("/") + "/"
        return MemoryTree(
            {p.removeprefix(prefix): t for p, t in self._files.items() if p.startswith(prefix)}
        )


class DirectoryTree(_Listed):
    """A tree on disk; links are never followed out of it."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()
        super().__init__(_walk(self._root))

    @property
    def root(self) -> Path:
        return self._root

    def read(self, path: str, max_bytes: int = READ_MAX_BYTES) -> str | None:
        path = path.removeprefix("./")
        if path not in self._known:
            return None
        real = (self._root / path).resolve()
        if not real.is_relative_to(self._root) or not real.is_file():
            return None
        with real.open("rb") as file:
            return file.read(max_bytes).decode("utf-8", "replace").removeprefix("\ufeff")

    def subtree(self, directory: str) -> Tree:
        return DirectoryTree(self._root / directory)


def _walk(root: Path) -> Iterator[str]:
    for directory, names, files in os.walk(root):
        names[:] = [name for name in names if name not in NEVER_SENT]
        base = Path(directory).relative_to(root).as_posix()
        linked = [name for name in names if Path(directory, name).is_symlink()]
        for name in (*files, *linked):
            if name not in NEVER_SENT:
                yield name if base == "." else f"{base}/{name}"


@lru_cache(maxsize=1024)
def _compile(pattern: str) -> re.Pattern[str]:
    """The pattern as a regular expression over whole paths."""
    return compile_globs(_alternatives(pattern), _letter)


def _alternatives(pattern: str) -> list[str]:
    """The pattern without braces: one for each choice in them; the first of very many."""
    waiting = [pattern]
    done: list[str] = []
    while waiting and len(done) < _ALTERNATIVES_MAX:
        head = waiting.pop()
        if (braces := _BRACES.search(head)) is None:
            done.append(head)
            continue
        before, after = head[: braces.start()], head[braces.end() :]
        waiting += [f"{before}{choice}{after}" for choice in reversed(braces[1].split(","))]
    return done


def _letter(pattern: str, at: int) -> tuple[str, int]:
    if pattern[at] == "?":
        return "[^/]", at + 1
    if group := _CLASS.match(pattern, at):
        inner = group[2].replace("\\", "\\\\").replace("[", "\\[").replace("^", "\\^")
        return f"[{'^/' if group[1] else ''}{inner}]", group.end()
    return re.escape(pattern[at]), at + 1
