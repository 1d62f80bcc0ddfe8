"""Rust: Cargo packages and workspaces.

Downloads and compiled dependencies stay in caches of the project, so that a build compiles what
changed; the program is copied out of them in the same step.
"""

import re
import shlex
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from sotabox.builds.bases import image_of
from sotabox.builds.languages.compiled import (
    CARRIES,
    directories_above,
    program_path,
    strip_command,
)
from sotabox.builds.languages.ports import Listening, find_port, habits
from sotabox.builds.languages.rust.crates import Crate, Target, choose_target, read_crates
from sotabox.builds.languages.rust.libraries import libraries_of
from sotabox.builds.languages.rust.pages import refuse_pages
from sotabox.builds.overrides import Overrides
from sotabox.builds.plan import APP_DIR, Cache, LanguagePlan, Reason, Step, Toolchain, Version
from sotabox.builds.source import Tree
from sotabox.builds.verdict import Declined
from sotabox.builds.versions import Wanted, choose, from_tool_files

NAME: Final = "rust"
STRONG: Final = ("Cargo.toml",)
WEAK: Final = ()

_HOME: Final = "/usr/local/cargo"
_TARGET: Final = "/var/cache/cargo-target"
_CACHES: Final = (
    Cache("cargo-registry", f"{_HOME}/registry"),
    Cache("cargo-git", f"{_HOME}/git"),
    Cache("cargo-target", _TARGET, locked=True),
)
#: Times of an upload may be older than the last build's, and Cargo judges by time alone.
_TOUCH: Final = "find . -type f -exec touch {} +"
_DRIFT: Final = (
    "sotabox: warning: Cargo.lock does not match the manifests; it is renewed for this build"
)
#: What of the tree only the compiler reads.
_SOURCES: Final = (".rs", ".rlib")
_PORTS: Final = habits(
    "**/*.rs",
    r"""["]PORT["]|#\[(?:arg|clap)\([^\]]*\benv\s*[,)]|\bROCKET_""",
    r"""["](?:0\.0\.0\.0|\[::\])?:(\d{4,5})["]""",
    r"""["](?:0\.0\.0\.0|::)["]\s*,\s*(\d{4,5})\b""",
    r"""\[0,\s*0,\s*0,\s*0\]\)?\s*,\s*(\d{4,5})\b""",
    r"""UNSPECIFIED(?:\.into\(\)|\))?\s*,\s*(\d{4,5})\b""",
    r"""\bdefault_value(?:_t)?\s*=\s*"?(\d{4,5})"?[^\n]*\)\]\s*(?:pub\s+)?port\b""",
    r"""\b\w*(?:port|PORT)\w*\s*(?::\s*u16\s*)?=\s*(\d{4,5})\b""",
)


def plan(tree: Tree, overrides: Overrides) -> LanguagePlan | Declined:
    """The plan of a package, or of the workspace's package that is served.

    Raises:
        UnknownApp: several could be, or the app is built by more than Cargo.
    """
    crates = read_crates(tree, every="CARGO_WORKSPACE" in overrides.railpack)
    if not (overrides.build or overrides.start):
        refuse_pages(tree, crates)
    target = choose_target(crates, overrides)
    return _plan(tree, overrides, crates, target) if target else _without_program(crates)


def plan_member(archive: Tree, directory: str, overrides: Overrides) -> LanguagePlan | Declined:
    """The plan of a member of a workspace above it, which holds the lock and other members."""
    for above in directories_above(directory):
        tree = archive.subtree(above) if above else archive
        member = directory.removeprefix(f"{above}/") if above else directory
        crates = read_crates(tree, every=True) if tree.exists("Cargo.toml") else ()
        mine = tuple(crate for crate in crates if crate.directory == member)
        if not mine:
            continue
        target = choose_target(mine, overrides)
        if target is None:
            return _without_program(mine)
        return replace(_plan(tree, overrides, crates, target), context_root=above or ".")
    return Declined("it is in no workspace")


def _plan(
    tree: Tree, overrides: Overrides, crates: tuple[Crate, ...], target: Target
) -> LanguagePlan:
    version, warnings = _version(tree, overrides)
    program = program_path(tree, target.program, "", overrides.start)
    libraries = libraries_of(tree, crates)
    executable = shlex.quote(f"{APP_DIR}/{program}")
    rocket = any("rocket" in crate.dependencies for crate in crates)
    listening = Listening() if rocket else find_port(tree, _PORTS, overrides)
    start = f"ROCKET_ADDRESS=0.0.0.0 ROCKET_PORT=$PORT {executable}" if rocket else executable
    if any("loco-rs" in crate.dependencies for crate in crates):
        start = f"{executable} start --binding 0.0.0.0 --port $PORT --environment production"
    return LanguagePlan(
        language=NAME,
        framework=NAME,
        versions=(version,),
        toolchain=Toolchain(
            name=NAME,
            image=image_of("rust", version.version, overrides.images),
            packages=libraries.build,
            env={"CARGO_HOME": _HOME, "CARGO_TARGET_DIR": _TARGET, "CARGO_TERM_COLOR": "never"},
            build=(Step(_build(tree, target, program), _CACHES),),
            build_env={"SQLX_OFFLINE": "true"} if tree.exists(".sqlx") else {},
        ),
        run_image=image_of("debian", "", overrides.images),
        run_packages=libraries.run,
        carries=CARRIES,
        start=start,
        port=listening.port,
        reasons=(
            Reason("Rust", "Cargo.toml in the archive"),
            Reason(f"program {target.program}", target.why),
            *listening.reasons,
        ),
        warnings=(*warnings, *listening.warnings),
        notes=tuple(_notes(tree)),
    )


def _without_program(crates: tuple[Crate, ...]) -> Declined:
    if any(crate.window for crate in crates):
        return Declined("Cargo.toml is of a Tauri app, which is a program for desktops")
    return Declined("no package of Cargo.toml has a program (src/main.rs or [[bin]])")


def _version(tree: Tree, overrides: Overrides) -> tuple[Version, tuple[str, ...]]:
    channel = _channel(tree)
    wanted = (overrides.version("rust"), from_tool_files(tree, "rust"), channel)
    # `stable` is the default line; other names are read by rustup, which is in the image.
    named = next((want for want in wanted if want and want.text), None)
    if named is None or re.match(r"\d", named.text):
        return choose(NAME, wanted)
    version, _ = choose(NAME, ())
    origin = f"{named.text} in {named.origin}"
    return Version(NAME, version.version, origin), ()


def _channel(tree: Tree) -> Wanted | None:
    """The toolchain that the tree pins."""
    for path in ("rust-toolchain.toml", "rust-toolchain"):
        if (text := tree.read(path)) is None:
            continue
        if "[" not in text:
            return Wanted(text.strip(), path)
        try:
            table = tomllib.loads(text).get("toolchain", {})
        except tomllib.TOMLDecodeError:
            continue
        if isinstance(table, dict) and isinstance(channel := table.get("channel"), str):
            return Wanted(channel, path)
    return None


def _toolchain_variable(tree: Tree) -> str:
    """Makes rustup take the image's own toolchain where the file means the same.

    It would download one for `stable` or `1.80`, as the image's is called by its full number.
    """
    channel = _channel(tree)
    text = tree.read("rust-toolchain.toml") or tree.read("rust-toolchain") or ""
    if channel is None or re.search(r"\b(?:targets|components)\b", text):
        return ""
    if channel.text == "stable" or re.match(r"\d", channel.text):
        return 'export RUSTUP_TOOLCHAIN="${RUST_VERSION:-}" && '
    return ""


def _build(tree: Tree, target: Target, program: str) -> str:
    package = f"-p {shlex.quote(target.package)} " if target.package else ""
    locked = "--locked " if tree.exists("Cargo.lock") else ""
    fetch = f"{{ cargo fetch --locked || {{ echo '{_DRIFT}' >&2; cargo fetch; }}; }} && "
    name = shlex.quote(target.program)
    place = shlex.quote(f"{APP_DIR}/{program}")
    folder = shlex.quote(program.rpartition("/")[0])
    made = f"mkdir -p {folder} && " if "/" in program else ""
    return (
        f"{_toolchain_variable(tree)}{_TOUCH} && {fetch if locked else ''}"
        f"cargo build --release {locked}{package}--bin {name}"
        f" && {strip_command(_SOURCES, _left_out(tree))}"
        f" && {made}cp {_TARGET}/release/{name} {place}"
    )


def _left_out(tree: Tree) -> tuple[str, ...]:
    """Directories that only the compiler reads."""
    return tuple(
        d for d in ("target", "vendor") if tree.glob(f"{d}/**/{{Cargo.toml,CACHEDIR.TAG}}")
    )


def _notes(tree: Tree) -> Iterator[str]:
    if not tree.exists("Cargo.lock"):
        yield "There is no Cargo.lock, so every build may take newer crates: add it to the archive"
