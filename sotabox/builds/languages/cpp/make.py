"""C and C++ without CMake or Meson: a Makefile, or a single file."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from posixpath import normpath
from typing import Final

from sotabox.builds.source import Tree

MAKEFILES: Final = ("Makefile", "makefile", "GNUmakefile")
SINGLE: Final = ("main.c", "main.cpp", "main.cc", "server.c", "server.cpp")
#: What a single file is compiled to.
PROGRAM: Final = "app.bin"

#: `TARGET = server`: the name under which most Makefiles keep their program.
_NAMED: Final = re.compile(
    r"^(?:TARGET|PROGRAM|PROG|BIN(?:ARY)?|EXE(?:CUTABLE)?|NAME|APP|OUT(?:PUT)?)\s*[:?]?=\s*([\w./-]+)\s*$",
    re.MULTILINE,
)
_OUTPUT: Final = re.compile(r"\s-o\s+([\w./-]+)")
_RULE: Final = re.compile(r"^(\w[\w./-]*)\s*:(?!=)", re.MULTILINE)
_NO_PROGRAM: Final = re.compile(
    r"(?:all|build|clean|distclean|install|uninstall|run|start|test|tests|check|default|help|debug"
    r"|release|fmt|format|lint)$|\.[oa]$|\.so(?:\.\d+)*$"
)
_INCLUDE: Final = re.compile(r"#include\s*[<\"]([\w./]+)")
_FILES_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class Library:
    """What sources that include `header` link with, and its Debian packages."""

    header: str
    flag: str = ""
    build: tuple[str, ...] = ()
    run: tuple[str, ...] = ()


_LIBRARIES: Final = (
    Library("pthread", "-pthread"),
    Library("thread", "-pthread"),
    Library("math.h", "-lm"),
    Library("curl/", "-lcurl", ("libcurl4-openssl-dev",), ("libcurl4t64",)),
    Library("sqlite3", "-lsqlite3", ("libsqlite3-dev",), ("libsqlite3-0",)),
    Library("openssl/", "-lssl -lcrypto", ("libssl-dev",), ("libssl3t64",)),
    Library("zlib", "-lz", ("zlib1g-dev",), ("zlib1g",)),
    Library("microhttpd", "-lmicrohttpd", ("libmicrohttpd-dev",), ("libmicrohttpd12t64",)),
    Library("boost/", "", ("libboost-all-dev",)),
    Library("nlohmann/", "", ("nlohmann-json3-dev",)),
)


def makefile_of(tree: Tree) -> str:
    """The Makefile of a tree with sources of C or C++; "" if there is none."""
    if not tree.glob("**/*.{c,cc,cpp,cxx}"):
        return ""
    return next((name for name in MAKEFILES if tree.exists(name)), "")


def single_file(tree: Tree) -> str:
    """The one file that is the program, in a tree without any build file; "" if there is none."""
    return next((name for name in SINGLE if tree.exists(name)), "")


def program_of(makefile: str) -> str:
    """The program that a Makefile makes, relative to it; "" if it can't be told."""
    text = re.sub(r"(?m)#.*$", "", makefile)
    return next((normpath(name) for name in _names(text) if not _NO_PROGRAM.search(name)), "")


def compile_command(tree: Tree, path: str) -> str:
    """The command that compiles a main file with those beside it, and links what they include."""
    ending = path.rpartition(".")[2]
    compiler = "cc" if ending == "c" else "c++ -std=c++20"
    flags = [row.flag for row in libraries_of(tree) if row.flag]
    return " ".join([compiler, "-O2", "-o", PROGRAM, *sorted(tree.glob(f"*.{ending}")), *flags])


def libraries_of(tree: Tree) -> tuple[Library, ...]:
    """What the sources include of other than the language's own library."""
    files = tree.glob("**/*.{c,cc,cpp,cxx,h,hpp}")[:_FILES_MAX]
    included = {
        header for file in files for header in _INCLUDE.findall(tree.read(file, 64 * 1024) or "")
    }
    return tuple(
        row for row in _LIBRARIES if any(header.startswith(row.header) for header in included)
    )


def _names(text: str) -> Iterator[str]:
    yield from _NAMED.findall(text)
    yield from _OUTPUT.findall(text)
    yield from _RULE.findall(text)
