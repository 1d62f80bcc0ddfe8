"""Front ends that a Go program embeds, and that Node has to build before it is compiled."""

import re
from collections.abc import Iterator
from posixpath import dirname, normpath
from typing import Final

from sotabox.builds.languages.compiled import directories_above
from sotabox.builds.languages.node.manifest import NAMES, read_manifest
from sotabox.builds.source import Tree

_DIRECTIVE: Final = re.compile(r"^//go:embed[ \t]+(.+)$", re.MULTILINE)
_WORD: Final = re.compile(r'"([^"]+)"|`([^`]+)`|(\S+)')
_READ_MAX_BYTES: Final = 64 * 1024


def front_end(tree: Tree) -> tuple[str, str] | None:
    """The directory of the `package.json` whose build makes what is embedded, and what that is.

    None where everything that is embedded is in the tree already, or nothing builds it.
    """
    for path, pattern in _embedded(tree):
        wanted = normpath(f"{dirname(path)}/{pattern}").lstrip("/")
        if _is_there(tree, wanted):
            continue
        for directory in directories_above(wanted):
            if _builds(tree, directory):
                return directory, f"{path} embeds {wanted}"
        # A build may write anywhere: the only one there is is meant.
        found = {dirname(p) for name in NAMES for p in tree.glob(f"**/{name}")}
        builders = [directory for directory in sorted(found) if _builds(tree, directory)]
        if len(builders) == 1:
            return builders[0], f"{path} embeds {wanted}"
    return None


def _embedded(tree: Tree) -> Iterator[tuple[str, str]]:
    for path in tree.glob("**/*.go"):
        if path.endswith("_test.go") or path.startswith("vendor/"):
            continue
        for line in _DIRECTIVE.findall(tree.read(path, _READ_MAX_BYTES) or ""):
            for words in _WORD.findall(line):
                yield path, next(word for word in words if word).removeprefix("all:")


def _is_there(tree: Tree, wanted: str) -> bool:
    """Whether the tree has it; a placeholder that keeps an empty directory in Git is nothing."""
    files = (*tree.glob(wanted), *tree.glob(f"{wanted}/**"))
    return any(not file.rpartition("/")[2].startswith(".") for file in files)


def _builds(tree: Tree, directory: str) -> bool:
    manifest = read_manifest(tree, directory)
    return manifest is not None and bool(manifest.scripts.get("build"))
