"""Which main package of a tree is the app."""

import re
from dataclasses import dataclass
from posixpath import basename, dirname
from typing import Final

from sotabox.builds.languages.compiled import named_program, serving
from sotabox.builds.overrides import Overrides
from sotabox.builds.source import Tree
from sotabox.errors import UnknownApp

_MAIN: Final = re.compile(r"^package main\b", re.MULTILINE)
#: Files that no build includes: `//go:build ignore` marks programs that one runs by hand.
_IGNORED: Final = re.compile(r"^//(?:go:build|\s*\+build) ignore\b", re.MULTILINE)
_NEVER: Final = re.compile(r"(?:^|/)(?:vendor|testdata|examples?|_[^/]*|\.[^/]*)/")


@dataclass(frozen=True, slots=True)
class Target:
    """A main package. Directories are relative to the tree, "" is its root.

    `others`: main packages that could have been meant.
    """

    package: str
    module: str
    name: str
    why: str
    others: tuple[str, ...] = ()


def choose_target(tree: Tree, overrides: Overrides) -> Target:
    """The main package that is served.

    Raises:
        UnknownApp: there is none, or none by the name that a person gave.
    """
    modules = ("", *workspace_modules(tree))
    if named := overrides.railpack.get("GO_WORKSPACE_MODULE", "").strip("/").removeprefix("./"):
        if named not in modules:
            raise UnknownApp(
                f"RAILPACK_GO_WORKSPACE_MODULE names '{named}', which go.work does not use",
                hint=f"It uses: {', '.join(modules[1:]) or 'nothing'}.",
            )
        modules = (named,)
    mains = main_packages(tree)
    for module in modules:
        if target := target_in(tree, module, mains, overrides):
            return target
    if wanted := overrides.railpack.get("GO_BIN"):
        found = ", ".join(mains) or "none"
        raise UnknownApp(
            f"RAILPACK_GO_BIN names '{wanted}', but no main package has that name",
            hint=f"Main packages in the archive: {found}.",
        )
    raise UnknownApp(
        "This is a Go module, but no package of it is 'main', so there is nothing to start",
        hint="Add 'package main' with a func main in the root or in cmd/NAME/, or set the root "
        "directory to the module that has it.",
    )


def target_in(
    tree: Tree, module: str, mains: tuple[str, ...], overrides: Overrides
) -> Target | None:
    """The main package of one module; None if it has none."""
    prefix = f"{module}/" if module else ""
    nested = [m for m in (dirname(p) for p in tree.glob("**/go.mod")) if m != module]
    inside = [
        main
        for main in mains
        if (main == module or main.startswith(prefix))
        and not any(main == m or main.startswith(f"{m}/") for m in nested if m.startswith(prefix))
    ]
    own = module_name(tree, module)
    names = {main: basename(main) if main != module else own for main in inside}

    def made(main: str, why: str) -> Target:
        return Target(main, module, names[main], why, tuple(m for m in inside if m != main))

    wishes = (
        (overrides.railpack.get("GO_BIN", ""), "RAILPACK_GO_BIN"),
        (basename(named_program(overrides.start)), "the start command names it"),
    )
    for wish, why in wishes:
        for main in inside if wish else ():
            if wish.strip("./") in (main, names[main], main.removeprefix(prefix)):
                return made(main, why)
    if overrides.railpack.get("GO_BIN"):
        return None
    if module in inside:
        return made(module, f"package main in {module or 'the root'}")
    commands = [main for main in inside if dirname(main) == f"{prefix}cmd"]
    if commands:
        best = serving([names[main] for main in commands], own)
        chosen = next((main for main in commands if names[main] == best), commands[0])
        why = "the only command in cmd/" if len(commands) == 1 else "its name, among those in cmd/"
        return made(chosen, why if best or len(commands) == 1 else "the first in cmd/")
    if len(inside) == 1:
        return made(inside[0], "the only main package")
    return made(inside[0], "the first main package") if inside else None


def main_packages(tree: Tree) -> tuple[str, ...]:
    """Directories with a main package, sorted."""
    found = []
    for path in tree.glob("**/*.go"):
        directory = dirname(path)
        if path.endswith("_test.go") or directory in found or _NEVER.search(path):
            continue
        text = tree.read(path) or ""
        if _MAIN.search(text) and not _IGNORED.search(text):
            found.append(directory)
    return tuple(sorted(found))


def workspace_modules(tree: Tree) -> tuple[str, ...]:
    """The directories that `go.work` uses, in its order."""
    text = re.sub(r"//.*", "", tree.read("go.work") or "")
    uses = re.findall(r"^use\s+([^\s(]+)", text, re.MULTILINE)
    for block in re.findall(r"^use\s*\((.*?)\)", text, re.MULTILINE | re.DOTALL):
        uses += block.split()
    clean = (use.strip("\"'`").removeprefix("./").strip("/") for use in uses)
    return tuple("" if use == "." else use for use in clean)


def module_name(tree: Tree, module: str) -> str:
    """What `go build` would call the module's program: its path's last part without a version."""
    text = tree.read(f"{module}/go.mod" if module else "go.mod") or ""
    found = re.search(r"^module\s+\"?([^\s\"]+)", text, re.MULTILINE)
    path = re.sub(r"/v\d+$", "", found[1]) if found else module
    return re.sub(r"[^\w.-]", "-", basename(path)) or "app"
