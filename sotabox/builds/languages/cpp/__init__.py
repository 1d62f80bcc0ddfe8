"""C and C++: CMake or Meson with Ninja, Make, or a single file, by Debian's own compiler."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from sotabox.builds.bases import image_of
from sotabox.builds.languages.cpp.make import (
    MAKEFILES,
    PROGRAM,
    SINGLE,
    compile_command,
    libraries_of,
    makefile_of,
    program_of,
    single_file,
)
from sotabox.builds.languages.ports import find_port, habits
from sotabox.builds.overrides import Overrides
from sotabox.builds.plan import BUILD, SOURCE, Cache, Carry, LanguagePlan, Reason, Step, Toolchain
from sotabox.builds.source import Tree
from sotabox.builds.verdict import Declined
from sotabox.errors import UnknownApp

NAME: Final = "cpp"
STRONG: Final = ("CMakeLists.txt", "meson.build")
WEAK: Final = (*MAKEFILES, *SINGLE)

_BUILD_DIR: Final = "/build"
#: Compiled objects by the hash of what they were compiled from. Ninja's own state is not kept: it
#: goes by times, and an archive's say nothing.
_CCACHE: Final = Cache("ccache", "/root/.cache/ccache")
_NOT_APPS: Final = re.compile(
    r"(^|/)(tests?|examples?|bench(marks?)?|third_party|vendor|extern(al)?|deps)/"
)
_FAVOURITES: Final = ("server", "app", "web", "api", "main")
#: What `find_package` (CMake) and `dependency` (Meson) names need: to build, to run.
_LIBRARIES: Final = {
    "boost": (("libboost-all-dev",), ()),
    "curl": (("libcurl4-openssl-dev",), ("libcurl4t64",)),
    "fmt": (("libfmt-dev",), ("libfmt10",)),
    "libcurl": (("libcurl4-openssl-dev",), ("libcurl4t64",)),
    "libpq": (("libpq-dev",), ("libpq5",)),
    "libuv": (("libuv1-dev",), ("libuv1t64",)),
    "nlohmann_json": (("nlohmann-json3-dev",), ()),
    "openssl": (("libssl-dev",), ("libssl3t64", "ca-certificates")),
    "postgresql": (("libpq-dev",), ("libpq5",)),
    "sqlite3": (("libsqlite3-dev",), ("libsqlite3-0",)),
    "zlib": (("zlib1g-dev",), ("zlib1g",)),
}  # fmt: skip
_PORTS: Final = habits(
    "**/*.{c,cc,cpp,cxx,h,hpp}",
    r"""getenv\(\s*["]PORT["]""",
    r"""\bhtons\(\s*(\d{4,5})\b""",
    r"""[.>]port\(\s*(\d{4,5})\b""",
    r"""\b(?:listen|addListener)\(\s*["]0\.0\.0\.0["],\s*(\d{4,5})\b""",
    r"""#define\s+\w*PORT\w*\s+(\d{4,5})\b""",
    r"""\b\w*(?:port|PORT)\w*\s*=\s*(\d{4,5})\b""",
)
_ASKED: Final = re.compile(
    r"(?:find_package|pkg_check_modules|dependency)\s*\(([^)]*)\)", re.IGNORECASE
)
_EXECUTABLE: Final = re.compile(
    r"add_executable\s*\(\s*([^\s)]+)(?=[\s)])(?!\s+(?:ALIAS|IMPORTED))", re.IGNORECASE
)
_SET: Final = re.compile(r"set\s*\(\s*(\w+)\s+\"?([\w-]+)\"?\s*\)", re.IGNORECASE)


def plan(tree: Tree, overrides: Overrides) -> LanguagePlan | Declined:
    """The executable's plan; declined where only libraries are built.

    Raises:
        UnknownApp: several executables, and none has a name that says it is the app.
    """
    if not any(tree.exists(path) for path in STRONG):
        return _plan_plain(tree, overrides)
    cmake = tree.exists("CMakeLists.txt")
    found = _cmake_executables(tree) if cmake else _meson_executables(tree)
    name = _choose(tuple(dict.fromkeys(found)), _project_name(tree, cmake=cmake), overrides)
    if not name and not overrides.start:
        return Declined("it builds no executable")
    development, runtime = _libraries(tree, cmake=cmake)
    listening = find_port(tree, _PORTS, overrides)
    image = image_of("debian", "", overrides.images)
    manifest = "CMakeLists.txt" if cmake else "meson.build"
    return LanguagePlan(
        language=NAME,
        framework=NAME,
        toolchain=Toolchain(
            name=NAME,
            image=image,
            packages=(
                "g++", "cmake" if cmake else "meson", "ninja-build", "pkg-config", "ccache",
                "ca-certificates", "git", *development,
            ),
            build=(Step(_build(name, cmake=cmake), caches=(_CCACHE,)),),
        ),
        run_image=image,
        run_packages=("libstdc++6", *runtime),
        carries=(Carry(BUILD, "/app", "/app"),)
        if overrides.build
        else (Carry(SOURCE, ".", "/app"), Carry(BUILD, "/out/", "/usr/local/bin/")),
        start=None if overrides.build else name or None,
        port=listening.port,
        no_start="With a build command of your own only you know what it leaves to start.",
        reasons=(
            Reason("C/C++", manifest),
            Reason(f"start: {name}", f"the executable in {manifest}"),
            *listening.reasons,
        ),
        warnings=(
            *listening.warnings,
            *(
                f"{path} is not read: its packages are not installed"
                for path in ("vcpkg.json", "conanfile.txt", "conanfile.py")
                if tree.exists(path)
            ),
        ),
    )  # fmt: skip


def _plan_plain(tree: Tree, overrides: Overrides) -> LanguagePlan | Declined:
    """The plan of a Makefile's program, or of the single file's."""
    manifest = makefile_of(tree) or single_file(tree)
    if not manifest:
        return Declined("a Makefile, and no source of C or C++")
    made = manifest in MAKEFILES
    program = program_of(tree.read(manifest) or "") if made else PROGRAM
    libraries = libraries_of(tree)
    listening = find_port(tree, _PORTS, overrides)
    image = image_of("debian", "", overrides.images)
    start = f"./{program}" if program and not overrides.build else None
    return LanguagePlan(
        language=NAME,
        framework=NAME,
        toolchain=Toolchain(
            name=NAME,
            image=image,
            packages=(
                "build-essential",
                "pkg-config",
                "ca-certificates",
                *dict.fromkeys(package for row in libraries for package in row.build),
            ),
            build=(Step("make" if made else compile_command(tree, manifest)),),
        ),
        run_image=image,
        run_packages=(
            "libstdc++6",
            *dict.fromkeys(package for row in libraries for package in row.run),
        ),
        carries=(Carry(BUILD, "/app", "/app"),),
        start=start,
        port=listening.port,
        no_start=f"Looked in the {manifest} for a TARGET, an option -o or a rule that makes a program.",
        reasons=(
            Reason("C/C++", manifest),
            Reason(f"start: {start}", f"what {manifest} makes"),
            *listening.reasons,
        ),
        warnings=listening.warnings,
    )


def _build(name: str, *, cmake: bool) -> str:
    if cmake:
        options = (
            "-DCMAKE_BUILD_TYPE=Release -DBUILD_SHARED_LIBS=OFF "
            "-DCMAKE_C_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_COMPILER_LAUNCHER=ccache"
        )
        target = f" --target {name}" if name else ""
        compiled = (
            f"cmake -S . -B {_BUILD_DIR} -G Ninja {options} && cmake --build {_BUILD_DIR}{target}"
        )
    else:
        compiled = (
            f"meson setup {_BUILD_DIR} --buildtype=release --default-library=static "
            f"&& meson compile -C {_BUILD_DIR}"
        )
    wanted = f"-name {name}" if name else "-not -name '*.so*' -not -path '*/CMakeFiles/*'"
    collect = f"find {_BUILD_DIR} -type f -executable {wanted} -exec cp {{}} /out/ \\;"
    return f"{compiled} && mkdir /out && {collect}"


def _cmake_executables(tree: Tree) -> Iterator[str]:
    project = _project_name(tree, cmake=True)
    for path in tree.glob("**/CMakeLists.txt"):
        if _NOT_APPS.search(path):
            continue
        text = re.sub(r"#[^\n]*", "", tree.read(path) or "")
        own = re.search(r"project\s*\(\s*([\w-]+)", text, re.IGNORECASE)
        values = {"CMAKE_PROJECT_NAME": project, "PROJECT_NAME": own[1] if own else project}
        for target in _EXECUTABLE.findall(text):
            name = _filled(target, values | dict(_SET.findall(text)))
            if re.fullmatch(r"[\w.+-]+", name):
                yield name


def _filled(text: str, values: Mapping[str, str]) -> str:
    return re.sub(r"\$\{(\w+)\}", lambda found: values.get(found[1], ""), text)


def _meson_executables(tree: Tree) -> Iterator[str]:
    for path in tree.glob("**/meson.build"):
        if not _NOT_APPS.search(path):
            text = re.sub(r"#[^\n]*", "", tree.read(path) or "")
            yield from re.findall(r"\bexecutable\s*\(\s*'([\w.+-]+)'", text)


def _project_name(tree: Tree, *, cmake: bool) -> str:
    text = tree.read("CMakeLists.txt" if cmake else "meson.build") or ""
    found = re.search(r"^[ \t]*project\s*\(\s*'?([\w-]+)", text, re.IGNORECASE | re.MULTILINE)
    return found[1] if found else ""


def _choose(names: tuple[str, ...], project: str, overrides: Overrides) -> str:
    if len(names) < 2:
        return names[0] if names else ""
    for favourite in (project, *_FAVOURITES):
        if favourite in names:
            return favourite
    if overrides.start:
        return ""
    raise UnknownApp(
        f"The build files make several executables: {', '.join(names)}",
        hint=f'Name the one to start: start = "{names[0]}" in sotabox.toml.',
    )


def _libraries(tree: Tree, *, cmake: bool) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Debian packages of the libraries that the build files ask for: to build, to run."""
    text = "\n".join(
        tree.read(path) or ""
        for path in tree.glob("**/CMakeLists.txt" if cmake else "**/meson.build")
    )
    names = {
        word.lower() for words in _ASKED.findall(text) for word in re.findall(r"[\w-]+", words)
    }
    found = [_LIBRARIES[name] for name in sorted(names) if name in _LIBRARIES]
    return (
        tuple(dict.fromkeys(package for build, _ in found for package in build)),
        tuple(dict.fromkeys(package for _, run in found for package in run)),
    )
