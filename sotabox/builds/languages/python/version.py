"""Which Python an app asks for."""

import re
from collections.abc import Mapping
from typing import Final

from sotabox.builds.languages.python.inline import read_inline
from sotabox.builds.languages.python.project import Project
from sotabox.builds.overrides import Overrides
from sotabox.builds.plan import Version
from sotabox.builds.source import Tree
from sotabox.builds.versions import Wanted, choose, from_file, from_tool_files, satisfies

#: `cpython-3.12.3`, `python-3.12.4`, `cpython@3.13`, `3.13t`, `Python 3.11`.
_NAMED: Final = re.compile(
    r"(?:c?python)?[\s@=-]*v?(\d+\.\d+(?:\.\d+)?)t?(?:[+-].*)?", re.IGNORECASE
)


def python_version(
    tree: Tree, project: Project, pipfile: Mapping[str, str], overrides: Overrides
) -> tuple[Version, tuple[str, ...]]:
    """The Python version of an app, and warnings."""
    wanted = (
        overrides.version("python"),
        from_tool_files(tree, "python"),
        from_file(tree, ".python-version"),
        from_file(tree, "runtime.txt"),
        _from(pipfile.get("python_full_version"), "python_full_version in the Pipfile"),
        _from(pipfile.get("python_version"), "python_version in the Pipfile"),
        _from(project.requires_python, "requires-python in pyproject.toml"),
        _from_lock(tree),
        _from_script(tree),
    )
    known = [clean for want in wanted if want and (clean := _cleaned(want))]
    version, warnings = choose("python", known)
    line = ".".join(version.version.split(".")[:2])
    if project.requires_python and not satisfies(line, project.requires_python):
        asked = f"requires-python in pyproject.toml is '{project.requires_python}'"
        warnings = (*warnings, f"{asked}, but Python {version.version} is used ({version.why})")
    return version, tuple(dict.fromkeys(warnings))


def _from(text: str | None, origin: str) -> Wanted | None:
    return Wanted(text, origin) if text else None


def _from_script(tree: Tree) -> Wanted | None:
    inline = read_inline(tree)
    return _from(inline.requires_python, f"requires-python in {inline.path}")


def _from_lock(tree: Tree) -> Wanted | None:
    """The range that a uv lock was made for: its second line or so."""
    head = tree.read("uv.lock", 4096) or ""
    found = re.search(r'^requires-python\s*=\s*"([^"]+)"', head, re.MULTILINE)
    return _from(found[1] if found else None, "requires-python in uv.lock")


def _cleaned(want: Wanted) -> Wanted | None:
    """`want` as a pin or a range; None for one that names no line (`3`, `latest`)."""
    text = want.text.strip().strip("\"'")
    if named := _NAMED.fullmatch(text):
        return Wanted(named[1], want.origin)
    return want if re.search(r"\d+\.\d+|\d+\.[*x]|[<>~^=]", text) else None
