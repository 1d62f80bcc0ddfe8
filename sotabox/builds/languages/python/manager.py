"""Which package manager an app uses, what it reads, and what that makes the app depend on."""

import re
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Final

from sotabox.builds.languages.python.inline import Inline, read_inline
from sotabox.builds.languages.python.project import Project, read_pipfile
from sotabox.builds.languages.python.requirements import (
    Dependencies,
    RequirementFiles,
    joined,
    parse_requirements,
    read_requirement_files,
)
from sotabox.builds.overrides import Overrides
from sotabox.builds.source import Tree
from sotabox.builds.versions import from_tool_files, satisfies

#: The releases that are installed where an app asks for no other. They come from the package
#: index, as everything else of a Python build does: a box needs no registry beyond it.
RELEASES: Final = {"uv": "0.13.9", "poetry": "2.5.1", "pdm": "2.29.4", "pipenv": "2026.10.3"}
_OLDEST_FOR_TOOLS: Final = (3, 10)
#: What a tool is installed with. PDM asks for any later hishel and fails with the latest; Poetry's
#: export has become a plugin.
_WITH_TOOL: Final = {"pdm": ("hishel==1.4.0",), "poetry": ("poetry-plugin-export==1.10.1",)}
#: Files of requirements, in the order in which they are looked for.
REQUIREMENTS: Final = (
    "requirements.txt",
    "requirements/production.txt",
    "requirements/prod.txt",
    "requirements/base.txt",
)
_LOCKS: Final = {"uv.lock": "uv", "poetry.lock": "poetry", "pdm.lock": "pdm"}
#: How a lock says that something comes from a repository (uv; Poetry; PDM).
_FROM_GIT: Final = re.compile(r'source = \{ git =|^type = "git"|^git = "', re.MULTILINE)
#: Flags of a requirements file that uv leaves out; pip then installs.
_PIP_ONLY: Final = frozenset(
    {"--pre", "--trusted-host", "--global-option", "--install-option", "--use-feature",
     "--config-settings", "--use-pep517", "--no-use-pep517"}
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Manager:
    """A package manager and what it reads.

    `name` is `uv`, `poetry`, `pdm`, `pipenv`, `pip` (a file of requirements), `pyproject` (no lock),
    `setuptools` (a `setup.py`) or empty (nothing to install). `tool` is the program that installs,
    in `version`, reading `manifest`. `files` are all it needs; () means that it needs the source.
    """

    name: str = ""
    why: str = ""
    tool: str = "uv"
    version: str = RELEASES["uv"]
    manifest: str = ""
    requirements: tuple[str, ...] = ()  # what a setup.py or a script lists
    locked: bool = False
    files: tuple[str, ...] = ()
    dependencies: Dependencies = field(default_factory=Dependencies)
    member: str = ""  # the package of a uv workspace that is the app
    python: str = "3.13"  # the version that runs it
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def releases(self) -> tuple[str, ...]:
        """What pip is asked for; on an old Python the newest tool that runs there."""
        if self.tool in ("pip", "uv"):
            return (f"uv=={self.version}",) if self.tool == "uv" else ()
        uv = f"uv=={RELEASES['uv']}"
        if _line_of(self.python) < _OLDEST_FOR_TOOLS:
            plugins = (name.partition("=")[0] for name in _WITH_TOOL.get(self.tool, ()))
            return (uv, f"'{self.tool}<={self.version}'", *plugins)
        return (uv, f"{self.tool}=={self.version}", *_WITH_TOOL.get(self.tool, ()))


def choose_manager(tree: Tree, project: Project, overrides: Overrides) -> Manager:
    """The manager of the tree: by its lock, else by what lists the dependencies."""
    lock = next((lock for lock in _LOCKS if project.exists and tree.exists(lock)), "")
    if lock:
        return _locked(tree, project, overrides, _LOCKS[lock], lock)
    if tree.exists("Pipfile"):
        return _pipenv(tree, overrides)
    if path := next((path for path in REQUIREMENTS if tree.exists(path)), None):
        return _pip(read_requirement_files(tree, path), overrides, tree, project)
    if project.poetry:
        return _locked(tree, project, overrides, "poetry", "")
    return _lockless(tree, project, overrides)


def _lockless(tree: Tree, project: Project, overrides: Overrides) -> Manager:
    if project.standard and not project.dynamic:
        return _pyproject(tree, project, overrides)
    if tree.exists("setup.py") or project.package:
        return _setuptools(tree, project, overrides)
    inline = read_inline(tree)
    return _script(tree, overrides, inline) if inline.dependencies else Manager()


def _script(tree: Tree, overrides: Overrides, inline: Inline) -> Manager:
    return Manager(
        name="pip",
        why=f"the list in {inline.path}",
        version=_version(tree, Project(), overrides, "uv"),
        requirements=inline.dependencies,
        files=(inline.path,),
        dependencies=parse_requirements(inline.dependencies),
    )


def _locked(tree: Tree, project: Project, overrides: Overrides, name: str, lock: str) -> Manager:
    more = {"uv": ("uv.toml",), "poetry": ("poetry.toml",), "pdm": ("pdm.toml",)}[name]
    files = [f for f in ("pyproject.toml", lock, *more) if f and tree.exists(f)]
    whole = project.dependencies.local or project.workspace
    dependencies = project.dependencies
    if _FROM_GIT.search(tree.read(lock) or "" if lock else ""):
        dependencies = joined(dependencies, Dependencies(git=True))
    others = [o for o in (*_LOCKS, "Pipfile.lock") if lock and o != lock and tree.exists(o)]
    return Manager(
        name=name,
        why=lock or "[tool.poetry] in pyproject.toml",
        tool=name,
        version=_version(tree, project, overrides, name),
        locked=bool(lock),
        files=() if whole else tuple(files),
        dependencies=dependencies,
        warnings=(f"There is more than one lock: {lock} is used, not {', '.join(others)}",)
        if others
        else (),
        notes=() if lock else (_hint(f"{name}.lock"),),
    )


def _pipenv(tree: Tree, overrides: Overrides) -> Manager:
    dependencies, _ = read_pipfile(tree)
    files = tuple(f for f in ("Pipfile", "Pipfile.lock") if tree.exists(f))
    locked = "Pipfile.lock" in files
    return Manager(
        name="pipenv",
        why=files[-1],
        tool="pipenv",
        version=_version(tree, Project(), overrides, "pipenv"),
        locked=locked,
        files=() if dependencies.local else files,
        dependencies=dependencies,
        notes=() if locked else (_hint("Pipfile.lock"),),
    )


def _pip(files: RequirementFiles, overrides: Overrides, tree: Tree, project: Project) -> Manager:
    path = files.paths[0]
    why, tool = path, "uv"
    dependencies = files.dependencies
    if dependencies.local:  # `-e .` brings what the tree's own package asks for
        own = parse_requirements(_listed_for_setuptools(tree))
        dependencies = joined(dependencies, project.dependencies, own)
    if odd := sorted(files.options & _PIP_ONLY):
        why, tool = f"{path}, installed by pip because of {odd[0]}", "pip"
    elif files.utf16:
        why, tool = f"{path}, installed by pip because it is in UTF-16", "pip"
    return Manager(
        name="pip",
        why=why,
        tool=tool,
        version=_version(tree, project, overrides, "uv") if tool == "uv" else "",
        manifest=path,
        locked=True,
        files=() if files.dependencies.local else files.paths,
        dependencies=dependencies,
    )


def _pyproject(tree: Tree, project: Project, overrides: Overrides) -> Manager:
    local = project.dependencies.local or bool(project.workspace)
    files = tuple(f for f in ("pyproject.toml", "uv.toml") if tree.exists(f))
    return Manager(
        name="pyproject",
        why="pyproject.toml, without a lock",
        manifest="pyproject.toml",
        version=_version(tree, project, overrides, "uv"),
        files=() if local else files,
        dependencies=project.dependencies,
        notes=(_hint("uv.lock (uv lock makes one)"),) if project.dependencies.extras else (),
    )


def _setuptools(tree: Tree, project: Project, overrides: Overrides) -> Manager:
    """A package of setuptools: what it lists can be installed before the source is there."""
    listed = _listed_for_setuptools(tree)
    return Manager(
        name="setuptools",
        why="setup.py" if tree.exists("setup.py") else "pyproject.toml",
        version=_version(tree, project, overrides, "uv"),
        requirements=listed,
        # They take part in the layer's key: who changes the list installs anew.
        files=tuple(f for f in ("setup.py", "setup.cfg") if tree.exists(f)) if listed else (),
        dependencies=joined(project.dependencies, parse_requirements(listed)),
    )


def _listed_for_setuptools(tree: Tree) -> tuple[str, ...]:
    """`install_requires` of a `setup.py`, read as text, or of a `setup.cfg`: a line for each."""
    found = re.search(
        r"\binstall_requires\s*=\s*\[([^\[\]]*(?:\[[\w, -]*\][^\[\]]*)*)\]",
        tree.read("setup.py") or "",
    )
    if found:
        return tuple(re.findall(r"['\"]([^'\"]+)['\"]", found[1]))
    lines = (tree.read("setup.cfg") or "").splitlines()
    start = next(
        (i for i, line in enumerate(lines) if re.match(r"install_requires\s*=", line)), None
    )
    if start is None:
        return ()
    indented = takewhile(lambda line: not line.strip() or line[0] in " \t", lines[start + 1 :])
    bare = (line.split(" #")[0].strip() for line in indented)
    return tuple(line for line in bare if line and not line.startswith("#"))


def _hint(lock: str) -> str:
    return f"Commit a {lock}, so that each build gets the same versions"


def _version(tree: Tree, project: Project, overrides: Overrides, tool: str) -> str:
    """The exact release of a tool: as a person set it, else ours where it will do."""
    wish = overrides.version(tool) or from_tool_files(tree, tool)
    if wish and re.fullmatch(r"\d+(\.\d+)+", wish.text.strip()):
        return wish.text.strip()
    required = str(project.uv.get("required-version", "")) if tool == "uv" else ""
    if required and not satisfies(RELEASES[tool], required):
        pin = re.search(r"\d+\.\d+\.\d+", required)
        return pin[0] if pin else RELEASES[tool]
    return RELEASES[tool]


def _line_of(python: str) -> tuple[int, ...]:
    return tuple(int(part) for part in python.split(".")[:2])
