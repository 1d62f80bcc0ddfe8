"""Several packages in one tree: which there are, who needs whom, which of them is the app."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from posixpath import dirname, normpath
from typing import Final

from sotabox.builds.languages.node.manifest import NAMES, Manifest, read_manifest
from sotabox.builds.source import Tree

#: `-w web`, `--filter=web`, `yarn workspace web`: a script of the root that names a package.
_NAMED: Final = re.compile(
    r"(?:(?:--filter|-F|--workspace|-w)(?:=|\s+)|\bworkspace\s+)['\"]?\.?/?([@\w./-]+?)(?:\.\.\.)?['\"]?(?=\s|$)"
)


@dataclass(frozen=True, slots=True)
class Workspace:
    """The packages of a tree by their directory (the root is not among them)."""

    packages: Mapping[str, Manifest]

    def directory_of(self, name: str) -> str | None:
        """The directory of the package called `name`, or that is at `name`."""
        wanted = normpath(name) if name else ""
        return next(
            (d for d, package in self.packages.items() if d == wanted or package.name == name), None
        )

    def named_in(self, command: str) -> tuple[str, ...]:
        """The directories of the packages that a command of a manager is meant for."""
        found = (self.directory_of(name) for name in _NAMED.findall(command))
        return tuple(dict.fromkeys(directory for directory in found if directory is not None))

    def needed_by(self, directory: str) -> tuple[str, ...]:
        """The packages that one of them builds on, dependencies first, itself last."""
        order: list[str] = []
        self._visit(directory, order, set())
        return tuple(order)

    def _visit(self, directory: str, order: list[str], seen: set[str]) -> None:
        seen.add(directory)
        package = self.packages[directory]
        for name in sorted({*package.dependencies, *package.peers}):
            below = next((d for d, other in self.packages.items() if other.name == name), None)
            if below is not None and below not in seen:
                self._visit(below, order, seen)
        order.append(directory)


def read_workspace(tree: Tree, root: Manifest) -> Workspace:
    """The workspace that the tree's root declares; empty if it declares none."""
    globs = root.workspaces or _pnpm_globs(tree.read("pnpm-workspace.yaml") or "")
    chosen = set(_directories(tree, (g for g in globs if not g.startswith("!"))))
    chosen -= set(_directories(tree, (g[1:] for g in globs if g.startswith("!"))))
    packages = {
        directory: manifest
        for directory in sorted(chosen)
        if directory and (manifest := read_manifest(tree, directory)) is not None
    }
    return Workspace(packages)


def workspace_root(tree: Tree, directory: str) -> str | None:
    """The nearest directory above `directory` whose workspace holds it; "" is the tree's root."""
    above = directory
    while above:
        above = dirname(above)
        place = tree.subtree(above) if above else tree
        if (root := read_manifest(place)) is None:
            continue
        member = directory.removeprefix(f"{above}/") if above else directory
        if member in read_workspace(place, root).packages:
            return above
    return None


def _directories(tree: Tree, globs: Iterable[str]) -> Iterable[str]:
    for pattern in globs:
        bare = pattern.removeprefix("./").strip("/")
        for name in NAMES:
            # `packages/**` is the directory's own package and every one below it.
            path = f"{bare}/{name}".replace("**/**", "**") if bare not in ("", ".") else name
            yield from (dirname(found) for found in tree.glob(path))


def _pnpm_globs(text: str) -> tuple[str, ...]:
    """The list `packages` of a `pnpm-workspace.yaml`, written as a block or in brackets."""
    if inline := re.search(r"^packages:\s*\[(.*?)\]", text, re.MULTILINE | re.DOTALL):
        return tuple(re.findall(r"['\"]?([^\s,'\"]+)['\"]?", inline[1]))
    block = re.search(r"^packages:\s*(?:#.*)?\n((?:[ \t]*(?:-.*|#.*)?\n?)*)", text, re.MULTILINE)
    if not block:
        return ()
    return tuple(
        item[1]
        for item in re.finditer(
            r"^[ \t]*-\s*['\"]?([^'\"#\n]+?)['\"]?\s*(?:#.*)?$", block[1], re.MULTILINE
        )
    )
