"""Scripts and bare start commands, and the plans that they get."""

from collections.abc import Callable, Mapping

import pytest

from sotabox.builds.detect import detect
from sotabox.builds.dockerfile import RenderOptions, render_dockerfile
from sotabox.builds.plan import BuildPlan
from sotabox.builds.source import MemoryTree
from sotabox.errors import UnknownApp


def plan(files: Mapping[str, str], env: Mapping[str, str] | None = None) -> BuildPlan:
    return detect(MemoryTree(files), env=env)


def dockerfile(built: BuildPlan) -> str:
    return render_dockerfile(built, RenderOptions(project="p1"))


def test_shell_script_is_started(golden: Callable[[str, str], None]) -> None:
    """A start.sh is the app, even beside a public/ without pages (shape 44)."""
    built = plan({"start.sh": "#!/bin/bash\nexec serve\n", "public/logo.png": ""})
    assert (built.language, built.framework, built.start) == ("shell", "shell", "bash start.sh")
    assert built.notes == ()
    golden("shell", dockerfile(built))


@pytest.mark.parametrize(
    ("line", "start", "packages"),
    [
        ("#!/bin/sh", "sh start.sh", ()),
        ("#!/usr/bin/env bash", "bash start.sh", ()),
        ("#!/usr/bin/env -S zsh -e", "zsh start.sh", ("zsh",)),
        ("echo no shebang", "bash start.sh", ()),
    ],
)
def test_shell_is_the_one_of_the_first_line(
    line: str, start: str, packages: tuple[str, ...]
) -> None:
    """The script runs in the shell that it was written for, without needing its x bit."""
    built = plan({"start.sh": f"{line}\n"})
    assert (built.start, built.run_packages) == (start, packages)


def test_shell_script_from_windows_is_mended() -> None:
    """Line ends of Windows would make every command unknown."""
    built = plan({"start.sh": "#!/bin/sh\r\nexec serve\r\n"})
    assert r"sed -i 's/\r$//' start.sh" in dockerfile(built)
    assert any("line ends of Windows" in note for note in built.notes)


def test_shell_script_without_exec_is_told_about_signals() -> None:
    """A server behind a waiting shell would be killed at each deploy."""
    assert any("'exec'" in note for note in plan({"start.sh": "serve\n"}).notes)


def test_shell_script_is_named_by_a_variable() -> None:
    """Another script than start.sh can be the app; none by that name is no app."""
    files = {"run.sh": "exec x\n"}
    assert plan(files, {"RAILPACK_SHELL_SCRIPT": "./run.sh"}).start == "bash run.sh"
    with pytest.raises(UnknownApp, match=r"Not shell: there is no start\.sh"):
        plan(files)


def test_start_command_alone_is_an_app() -> None:
    """The way out that the error names works: a start command, whatever the files are."""
    built = plan({"server": "", "Procfile": "web: ./server --port 3000\n"})
    assert (built.language, built.start) == ("shell", "./server --port $PORT")
    assert any(reason.why == "the Procfile (web)" for reason in built.reasons)
