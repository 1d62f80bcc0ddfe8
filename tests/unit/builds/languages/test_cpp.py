"""The shapes of C and C++ apps, each with the plan that it gets."""

from collections.abc import Callable, Mapping

import pytest

from sotabox.builds.detect import detect
from sotabox.builds.dockerfile import RenderOptions, render_dockerfile
from sotabox.builds.plan import BuildPlan
from sotabox.builds.source import MemoryTree
from sotabox.errors import UnknownApp


def plan(files: Mapping[str, str]) -> BuildPlan:
    return detect(MemoryTree(files))


def test_cpp_cmake_executable_is_started(golden: Callable[[str, str], None]) -> None:
    """The program is what `add_executable` names, whatever the folder is called."""
    cmake = "project(shop CXX)\nfind_package(OpenSSL REQUIRED)\nadd_executable(shopd main.cpp)"
    built = plan({"CMakeLists.txt": cmake, "main.cpp": ""})
    assert (built.language, built.start) == ("cpp", "shopd")
    assert "libssl3t64" in built.run_packages
    golden("cpp-cmake", render_dockerfile(built, RenderOptions(project="p1")))


def test_cpp_meson_executable_is_started(golden: Callable[[str, str], None]) -> None:
    """The same with Meson."""
    meson = "project('shop', 'c')\ndependency('libcurl')\nexecutable('web', 'main.c')"
    built = plan({"meson.build": meson, "main.c": ""})
    assert built.start == "web"
    golden("cpp-meson", render_dockerfile(built, RenderOptions(project="p1")))


@pytest.mark.parametrize(
    ("cmake", "start"),
    [
        ("project(a)\nadd_executable(${PROJECT_NAME} m.c)", "a"),
        ("set(TARGET web)\nadd_executable( ${TARGET}\n  m.c)", "web"),
        ("project(a)\nadd_executable(tool t.c)\nadd_executable(a m.c)", "a"),
        ("project(a)\nadd_executable(tool t.c)\nadd_executable(server m.c)", "server"),
        ("# add_executable(old m.c)\nadd_executable(new m.c)", "new"),
        ("add_executable(web m.c)\nadd_executable(my::web ALIAS web)", "web"),
    ],
)
def test_cpp_target_is_found(cmake: str, start: str) -> None:
    """Variables, helpers beside the app, comments and aliases."""
    assert plan({"CMakeLists.txt": cmake}).start == start


def test_cpp_tests_and_examples_are_no_apps() -> None:
    """Only the app's own programs count."""
    files = {
        "CMakeLists.txt": "add_subdirectory(src)",
        "src/CMakeLists.txt": "add_executable(web m.c)",
        "tests/CMakeLists.txt": "add_executable(all_tests t.c)",
    }
    assert plan(files).start == "web"


def test_cpp_several_programs_are_named() -> None:
    """Whoever has two is asked which one."""
    with pytest.raises(UnknownApp, match="alpha, beta"):
        plan({"CMakeLists.txt": "add_executable(alpha a.c)\nadd_executable(beta b.c)"})


def test_cpp_library_is_no_app() -> None:
    """The error says why it isn't C++'s."""
    with pytest.raises(UnknownApp, match="no executable"):
        plan({"CMakeLists.txt": "add_library(x x.c)"})


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("TARGET = bin/web\nall: $(TARGET)\n", "./bin/web"),
        ("web: main.c\n\tcc -o web main.c\n", "./web"),
        (".PHONY: all clean\nall: web\nweb: main.o\n\tcc $^ -o $@\nmain.o: main.c\n", "./web"),
    ],
)
def test_makefile_of_c_is_made_and_its_program_started(text: str, start: str) -> None:
    """Make needs no more than its file; the program is the one that it names."""
    built = plan({"Makefile": text, "main.c": ""})
    assert (built.language, built.start) == ("cpp", start)
    assert built.toolchain is not None
    assert built.toolchain.build[0].run == "make"


def test_single_file_of_c_is_compiled_with_what_it_includes() -> None:
    """A file alone is an app, with the libraries behind its headers."""
    built = plan({"main.c": "#include <curl/curl.h>\n#include <pthread.h>\n", "http.c": ""})
    assert built.toolchain is not None
    assert built.toolchain.build[0].run == "cc -O2 -o app.bin http.c main.c -pthread -lcurl"
    assert "libcurl4-openssl-dev" in built.toolchain.packages
    assert "libcurl4t64" in built.run_packages


def test_makefile_of_another_language_is_no_program_of_c() -> None:
    """Most Makefiles only hold commands for developers."""
    with pytest.raises(UnknownApp, match="no source of C"):
        plan({"Makefile": "run:\n\tlua main.lua\n", "main.lua": ""})
