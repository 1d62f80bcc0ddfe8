"""Files that are started as they are: entry points, packages, main files."""

import re
import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sotabox.builds.languages.python.apps import module_of, read_source, source_files
from sotabox.builds.source import Tree

#: Main files, in the order in which they are looked for.
MAIN_FILES: Final = (
    "main.py", "app.py", "start.py", "bot.py", "hello.py", "server.py", "run.py",
    "src/main.py", "src/app.py", "app/main.py",
)  # fmt: skip
#: Signs that a file opens a port.
_LISTENS: Final = re.compile(
    r"http\.server|HTTPServer|socketserver|import socket|aiohttp|tornado|uvicorn|hypercorn|waitress"
    r"|gunicorn|granian|wsgiref|nicegui|grpc|websockets|\bPORT\b"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StartFile:
    """A command that runs `path`. `root`: the directory that goes on the module path ("": none)."""

    command: str
    path: str
    why: str
    root: str = ""
    listens: bool = False  # it looks as if it opened a port


def find_file(tree: Tree, scripts: Mapping[str, str]) -> StartFile | None:
    """The one script of `pyproject.toml`, else the one package that runs, else the main file."""
    return _entry(tree, scripts) or _main_package(tree) or _main_file(tree)


def _entry(tree: Tree, scripts: Mapping[str, str]) -> StartFile | None:
    """The one entry of `[project.scripts]`, called as the installed script would call it."""
    if len(scripts) != 1:
        return None
    ((name, entry),) = scripts.items()
    match = re.fullmatch(r"([\w.]+):(\w+)(?:\s*\[.*\])?", entry.strip())
    if not match:
        return None
    base = match[1].replace(".", "/")
    for root in ("", "src"):
        for end in (".py", "/__init__.py"):
            path = f"{root}/{base}{end}".lstrip("/")
            if tree.exists(path):
                code = f"import sys; from {match[1]} import {match[2]}; sys.exit({match[2]}())"
                why = f"the script {name} in pyproject.toml"
                return _found(tree, f"python -c {shlex.quote(code)}", path, why=why, root=root)
    return None


def _main_package(tree: Tree) -> StartFile | None:
    """The one package with a `__main__.py`."""
    found = [path for path in tree.glob("{*,src/*}/__main__.py") if path in source_files(tree)]
    if len(found) != 1:
        return None
    root = "src" if found[0].startswith("src/") else ""
    module = module_of(found[0], root).removesuffix(".__main__")
    return _found(tree, f"python -m {module}", found[0], root=root)


def _main_file(tree: Tree) -> StartFile | None:
    path = next((file for file in MAIN_FILES if tree.exists(file)), None)
    if path is None:
        files = [file for file in source_files(tree) if "/" not in file]
        path = files[0] if len(files) == 1 else None
    if path is None:
        return None
    return _found(tree, f"python {shlex.quote(path)}", path)


def _found(tree: Tree, command: str, path: str, *, why: str = "", root: str = "") -> StartFile:
    listens = _LISTENS.search(read_source(tree, path)) is not None
    return StartFile(command=command, path=path, why=why or path, root=root, listens=listens)


def missing_imports(tree: Tree, path: str) -> tuple[str, ...]:
    """Modules that a file imports, and that neither Python nor the tree has."""
    names = re.findall(r"^(?:from|import)\s+([A-Za-z_]\w*)", read_source(tree, path), re.MULTILINE)
    folder = path.rpartition("/")[0]
    return tuple(
        dict.fromkeys(
            name
            for name in names
            if name not in sys.stdlib_module_names
            and not any(
                tree.exists(f"{base}{name}{end}")
                for base in ("", f"{folder}/" if folder else "")
                for end in ("", ".py")
            )
        )
    )
