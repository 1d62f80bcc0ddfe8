"""Go: modules, workspaces, and the one main package that is served."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from sotabox.builds.bases import TOOLS, image_of
from sotabox.builds.languages.assets import ASSETS, assets_helper
from sotabox.builds.languages.compiled import (
    CARRIES,
    directories_above,
    program_path,
    strip_command,
)
from sotabox.builds.languages.go.embedded import front_end
from sotabox.builds.languages.go.targets import (
    Target,
    choose_target,
    main_packages,
    target_in,
    workspace_modules,
)
from sotabox.builds.languages.ports import find_port, habits
from sotabox.builds.overrides import Overrides
from sotabox.builds.plan import APP_DIR, Cache, LanguagePlan, Reason, Step, Toolchain, Version
from sotabox.builds.source import Tree
from sotabox.builds.verdict import Declined
from sotabox.builds.versions import Wanted, choose, from_file, from_tool_files, newest_line

NAME: Final = "go"
STRONG: Final = ("go.mod", "go.work")
WEAK: Final = ("main.go",)

_MANIFESTS: Final = ("**/go.mod", "**/go.sum", "go.work", "go.work.sum")
_MODULES: Final = Cache("go-mod", "/go/pkg/mod")
_COMPILED: Final = Cache("go-build", "/root/.cache/go-build")
_PREFIXES: Final = ("GOPRIVATE", "GOPROXY", "GONO", "GOSUMDB", "GOFLAGS", "GOINSECURE", "CGO_")
#: `timetzdata` puts the time zones into the program: the run image has none.
_FLAGS: Final = '-trimpath -tags timetzdata -ldflags="-s -w"'

#: Modules that are C inside need its compiler, and its library when they run.
_C_INSIDE: Final = re.compile(
    r"github\.com/(?:mattn/go-sqlite3|confluentinc/confluent-kafka-go|davidbyttow/govips"
    r"|chai2010/webp|h2non/bimg|marcboeker/go-duckdb|duckdb/duckdb-go|linxGnu/grocksdb"
    r"|libgit2/git2go)|gopkg\.in/gographics/imagick|gocv\.io/x/gocv"
)
#: The program itself calls C.
_CALLS_C: Final = re.compile(r'^import "C"$|^\s+"C"$', re.MULTILINE)
#: Debian packages of such modules: for the build, for the run.
_LIBRARIES: Final = (
    ("davidbyttow/govips", ("libvips-dev", "pkg-config"), ("libvips42t64",)),
    ("h2non/bimg", ("libvips-dev", "pkg-config"), ("libvips42t64",)),
    ("gographics/imagick", ("libmagickwand-dev", "pkg-config"), ("libmagickwand-7.q16-10",)),
)
_PORTS: Final = habits(
    "**/*.go",
    r"""["`]PORT["`]|\benv(?:config|Default)?:"|AutomaticEnv""",
    r"""["`](?:0\.0\.0\.0|\[::\])?:(\d{4,5})["`]""",
    r"""\b\w*[pP]ort\w*\s*(?:\w+\s*)?:?=\s*"?:?(\d{4,5})\b""",
    r"""\bflag\.\w+\([^)\n]*"(?:port|p|http-port)",\s*"?:?(\d{4,5})\b""",
)


def plan(tree: Tree, overrides: Overrides) -> LanguagePlan | Declined:
    """The plan of a module, or of the workspace's module that is served."""
    return _plan(tree, overrides, choose_target(tree, overrides))


def plan_member(archive: Tree, directory: str, overrides: Overrides) -> LanguagePlan | Declined:
    """The plan of a module in a `go.work` above it, whose other modules it may use."""
    for above in directories_above(directory):
        tree = archive.subtree(above) if above else archive
        member = directory.removeprefix(f"{above}/") if above else directory
        if member not in workspace_modules(tree):
            continue
        target = target_in(tree, member, main_packages(tree), overrides)
        if target is None:
            return Declined(f"there is no main package in {member}")
        return replace(_plan(tree, overrides, target), context_root=above or ".")
    return Declined("it is in no workspace")


def _plan(tree: Tree, overrides: Overrides, target: Target) -> LanguagePlan:
    version, warnings = _version(tree, overrides, target)
    program = program_path(tree, target.name, target.module, overrides.start)
    manifests = tuple(dict.fromkeys(p for m in _MANIFESTS for p in tree.glob(m)))
    vendored = tree.exists("vendor/modules.txt")
    needs = "\n".join(tree.read(path) or "" for path in manifests if path.endswith(".mod"))
    cgo = bool(_C_INSIDE.search(needs)) or _calls_c(tree)
    embedded = front_end(tree)
    helper = assets_helper(tree, overrides, embedded[0]) if embedded else None
    listening = find_port(tree, _PORTS, overrides)
    libraries = [row for row in _LIBRARIES if row[0] in needs]
    strip = strip_command((".go",), ("vendor",) if vendored else ())
    return LanguagePlan(
        language=NAME,
        framework=NAME,
        versions=(version,),
        toolchain=Toolchain(
            name=NAME,
            image=image_of("go", version.version, overrides.images),
            packages=tuple(package for row in libraries for package in row[1]),
            # A module may ask for a newer patch than the image on the box has; it is kept in the cache.
            env={"CGO_ENABLED": "1" if cgo else "0", "GOTOOLCHAIN": "auto"},
            files=manifests,
            install=() if vendored or not manifests else (Step("go mod download", (_MODULES,)),),
            env_prefixes=_PREFIXES,
            needs=(ASSETS,) if helper else (),
            build=(
                Step(f"{_build(target, program, manifests)} && {strip}", (_MODULES, _COMPILED)),
            ),
        ),
        helpers=(helper,) if helper else (),
        run_image=image_of("debian", "", overrides.images),
        run_packages=tuple(package for row in libraries for package in row[2]),
        carries=CARRIES,
        work_dir=f"{APP_DIR}/{target.module}" if target.module else APP_DIR,
        start=shlex.quote(f"{APP_DIR}/{program}"),
        port=listening.port,
        reasons=(
            *_reasons(target, manifests, cgo=cgo, vendored=vendored),
            *((Reason("Node builds the front end", embedded[1]),) if helper and embedded else ()),
            *listening.reasons,
        ),
        warnings=(*warnings, *_warnings(target, manifests), *listening.warnings),
    )


def _calls_c(tree: Tree) -> bool:
    files = (p for p in tree.glob("**/*.go") if not p.startswith("vendor/"))
    return any(_CALLS_C.search(tree.read(path) or "") for path in files)


def _version(tree: Tree, overrides: Overrides, target: Target) -> tuple[Version, tuple[str, ...]]:
    return choose(
        NAME,
        (
            overrides.version("go", "golang"),
            from_tool_files(tree, "go", "golang"),
            from_file(tree, ".go-version", lambda text: text.removeprefix("go")),
            _least(tree, target.module),
        ),
    )


def _least(tree: Tree, module: str) -> Wanted | None:
    """The least version that is taken: no pin, unless it is newer than all that we know."""
    for path in ("go.work", f"{module}/go.mod" if module else "go.mod"):
        found = re.search(r"^go\s+(\d+\.\d+)", tree.read(path) or "", re.MULTILINE)
        if found is None:
            continue
        row = TOOLS[NAME]
        if newest_line(f">={found[1]}", row.lines, row.default) is None:
            return Wanted(found[1], path)
        return Wanted(f">={found[1]}", path)
    return None


def _build(target: Target, program: str, manifests: tuple[str, ...]) -> str:
    output = shlex.quote(f"{APP_DIR}/{program}")
    package = shlex.quote(f"./{target.package}" if target.package else ".")
    build = f"go build {_FLAGS} -o {output} {package}"
    return build if manifests else f"go mod init app && go mod tidy && {build}"


def _reasons(
    target: Target, manifests: tuple[str, ...], *, cgo: bool, vendored: bool
) -> Iterator[Reason]:
    yield Reason("Go", f"{manifests[0] if manifests else 'main.go'} in the archive")
    yield Reason(f"main package ./{target.package}", target.why)
    if cgo:
        yield Reason("C compiler", "a module or a file that is C inside")
    if vendored:
        yield Reason("no download", "vendor/ holds the modules")


def _warnings(target: Target, manifests: tuple[str, ...]) -> Iterator[str]:
    if not manifests:
        yield (
            "There is no go.mod, so every build takes the newest modules: run 'go mod init' and "
            "'go mod tidy' and add both files"
        )
    if target.why.startswith("the first"):
        others = ", ".join(target.others)
        yield (
            f"There are more main packages ({others}); RAILPACK_GO_BIN or a start command with "
            "its name chooses another"
        )
