"""What holds for the whole tree: who may import whom, no shell, nothing of one machine."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

SHELLS = frozenset(
    {
        "os.system",
        "os.popen",
        "subprocess.getoutput",
        "subprocess.getstatusoutput",
        "asyncio.create_subprocess_shell",
    }
)
STARTERS = frozenset(
    f"subprocess.{name}" for name in ("run", "Popen", "call", "check_call", "check_output")
)

# Each package index is the machine's own choice; in parts, so that this file doesn't name one.
INDEXES = tuple(
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("npmjs", "com/package"),
        ("yarnpkg", "com"),
        ("deb", "debian", "org"),
        ("proxy", "golang", "org"),
        ("rubygems", "org"),
        ("crates", "io"),
        ("packagist", "org"),
        ("maven", "org"),
    )
)
MACHINE_PATH = re.compile(
    r"(?<![\w./-])/(?:work/(?:main|shared)|root/\.pyenv|opt/(?:pypi|wheels))\b"
)


def tracked(*patterns: str) -> list[Path]:
    """The files of this checkout that Git knows and that are still there."""
    command = ["git", "-C", str(ROOT), "ls-files", "-z", "--", *patterns]
    listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def texts() -> list[tuple[Path, str]]:
    """Every tracked file that is text."""
    found = []
    for path in tracked():
        content = path.read_bytes()
        if b"\0" not in content:
            found.append((path, content.decode("utf-8")))
    return found


def shell_calls(source: str) -> list[int]:
    """The lines of a Python source on which a command is given to a shell, or as one string."""
    lines = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func)
        in_shell = any(
            keyword.arg == "shell" and ast.unparse(keyword.value) != "False"
            for keyword in node.keywords
        )
        as_string = (
            name in STARTERS
            and bool(node.args)
            and isinstance(node.args[0], ast.JoinedStr | ast.BinOp | ast.Constant)
        )
        if name in SHELLS or in_shell or as_string:
            lines.append(node.lineno)
    return lines


def test_imports_of_every_room_keep_the_contract() -> None:
    """A room imports only from below it, so that a change stays where it is made."""
    # In a process of its own: it configures logging, and takes other tests' loggers away.
    command = [Path(sys.executable).parent / "lint-imports", "--no-logo"]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    "source",
    [
        "import os; os.system('ls')",
        "import subprocess; subprocess.run(['ls'], shell=True)",
        "import subprocess; subprocess.run(f'ls {path}')",
        "import asyncio; asyncio.create_subprocess_shell('ls')",
    ],
)
def test_shell_calls_in_a_source_with_one_finds_it(source: str) -> None:
    """The check below sees each way to a shell."""
    assert shell_calls(source) == [1]


def test_programs_are_started_without_a_shell() -> None:
    """No name, branch or path that a person chose can become a command."""
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in tracked("*.py", "*.pyi")
        for line in shell_calls(path.read_text(encoding="utf-8"))
        if path != Path(__file__)
    ]
    assert found == []


def test_files_name_no_package_index() -> None:
    """Where packages come from is each machine's setting: mirrors and offline boxes work."""
    found = [
        f"{path.relative_to(ROOT)}: {index}"
        for path, text in texts()
        for index in INDEXES
        if index in text
    ]
    assert found == []


def test_files_hold_no_path_of_one_machine() -> None:
    """A fresh clone works in any folder, for any user."""
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path, text in texts()
        for match in MACHINE_PATH.finditer(text)
        if path != Path(__file__)
    ]
    assert found == []
