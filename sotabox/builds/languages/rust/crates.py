"""Cargo's packages and their programs, and which of them is the app."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from posixpath import basename, dirname, normpath
from typing import Any

from sotabox.builds.languages.compiled import named_program, serving
from sotabox.builds.overrides import Overrides
from sotabox.builds.source import Tree
from sotabox.errors import Invalid, UnknownApp


@dataclass(frozen=True, slots=True)
class Crate:
    """A package: its directory ("" is the root), its name and its programs."""

    directory: str
    name: str
    programs: tuple[str, ...]
    default_run: str | None
    manifest: Mapping[str, Any]

    @property
    def dependencies(self) -> frozenset[str]:
        """The names of what it depends on, under which it knows them."""
        tables = (self.manifest.get(t) for t in ("dependencies", "build-dependencies"))
        return frozenset(name for table in tables if isinstance(table, dict) for name in table)

    @property
    def window(self) -> bool:
        """It is a program for a desktop, which serves nobody."""
        return "tauri" in self.dependencies


@dataclass(frozen=True, slots=True)
class Target:
    """The program that is the app. `package` None: the root's, or a workspace of its own has none."""

    crate: Crate
    program: str
    package: str | None
    why: str


def read_manifest(tree: Tree, path: str) -> Mapping[str, Any] | None:
    """A `Cargo.toml`; None if there is none.

    Raises:
        Invalid: it is no TOML.
    """
    text = tree.read(path)
    if text is None:
        return None
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Invalid(f"{path} is not valid TOML: {error}") from error


def read_crates(tree: Tree, *, every: bool = False) -> tuple[Crate, ...]:
    """The root's package, then the workspace's members; its default members, if it names some.

    Args:
        every: all members, in any case.
    """
    root = read_manifest(tree, "Cargo.toml") or {}
    workspace = root.get("workspace")
    workspace = workspace if isinstance(workspace, dict) else {}
    members = workspace.get("members") or ()
    members = members if every else workspace.get("default-members") or members
    excluded = tuple(workspace.get("exclude") or ())
    directories = [""]
    for path in tree.glob("**/Cargo.toml"):
        directory = dirname(path)
        if any(_matches(directory, m) for m in members) and directory not in excluded:
            directories.append(directory)
    found = (_crate(tree, directory) for directory in dict.fromkeys(directories))
    return tuple(crate for crate in found if crate is not None)


def choose_target(crates: tuple[Crate, ...], overrides: Overrides) -> Target | None:
    """The program that is served; None if no package has one.

    Raises:
        UnknownApp: several could be meant, or none has the name that a person gave.
    """
    servers = tuple(crate for crate in crates if crate.programs and not crate.window)
    if wanted := overrides.railpack.get("CARGO_WORKSPACE"):
        servers = tuple(
            c for c in servers if wanted in (c.name, c.directory, basename(c.directory))
        )
        if not servers:
            raise _not_there("RAILPACK_CARGO_WORKSPACE", wanted, [c.name for c in crates])
    if wanted := overrides.railpack.get("RUST_BIN"):
        for crate in servers:
            if wanted in crate.programs:
                return _target(crate, wanted, "RAILPACK_RUST_BIN")
        raise _not_there("RAILPACK_RUST_BIN", wanted, [p for c in servers for p in c.programs])
    called = basename(named_program(overrides.start))
    for crate in servers:
        if called and called in crate.programs:
            return _target(crate, called, "the start command names it")
    if not servers:
        return None
    crate = _choose_crate(servers)
    return _target(crate, *_choose_program(crate))


def _choose_crate(servers: tuple[Crate, ...]) -> Crate:
    if len(servers) == 1 or not servers[0].directory:
        return servers[0]
    best = serving([crate.name for crate in servers])
    if best is None:
        names = ", ".join(crate.name for crate in servers)
        raise UnknownApp(
            f"The workspace has several programs: {names}",
            hint=f"Set the variable RAILPACK_CARGO_WORKSPACE to one of them, such as "
            f"'{servers[0].name}', or name it in 'default-members' of Cargo.toml.",
        )
    return next(crate for crate in servers if crate.name == best)


def _choose_program(crate: Crate) -> tuple[str, str]:
    if crate.default_run in crate.programs and crate.default_run:
        return crate.default_run, "default-run in Cargo.toml"
    if len(crate.programs) == 1:
        return crate.programs[0], "the only program"
    if crate.name in crate.programs:
        return crate.name, "the package's own program (src/main.rs)"
    if best := serving(crate.programs):
        return best, "its name, among the programs"
    raise UnknownApp(
        f"The package {crate.name} has several programs: {', '.join(crate.programs)}",
        hint=f"Name one as 'default-run' in Cargo.toml, or set the variable RAILPACK_RUST_BIN, such "
        f"as '{crate.programs[0]}'.",
    )


def _target(crate: Crate, program: str, why: str) -> Target:
    return Target(crate, program, crate.name if crate.directory else None, why)


def _not_there(origin: str, wanted: str, names: list[str]) -> UnknownApp:
    return UnknownApp(
        f"{origin} names '{wanted}', which is not in the workspace",
        hint=f"It has: {', '.join(names) or 'nothing to start'}.",
    )


def _crate(tree: Tree, directory: str) -> Crate | None:
    prefix = f"{directory}/" if directory else ""
    manifest = read_manifest(tree, f"{prefix}Cargo.toml") or {}
    package = manifest.get("package")
    if not isinstance(package, dict) or not isinstance(package.get("name"), str):
        return None
    name = package["name"]
    rows = [row for row in manifest.get("bin") or () if isinstance(row, dict)]
    named = [str(row["name"]) for row in rows if "name" in row]
    files = tree.glob(f"{prefix}src/main.rs")
    if package.get("autobins", True):
        if files and not any(normpath(str(row.get("path", ""))) == "src/main.rs" for row in rows):
            named.append(name)
        named += [
            re.sub(r"(?:/main)?\.rs$", "", path.removeprefix(f"{prefix}src/bin/"))
            for path in tree.glob(f"{prefix}src/bin/{{*.rs,*/main.rs}}")
            if not any(str(row.get("path", "")) == path.removeprefix(prefix) for row in rows)
        ]
    return Crate(directory, name, tuple(dict.fromkeys(named)), package.get("default-run"), manifest)


def _matches(directory: str, pattern: object) -> bool:
    clean = normpath(str(pattern)).strip("/")
    return directory.count("/") == clean.count("/") and fnmatchcase(directory, clean)
