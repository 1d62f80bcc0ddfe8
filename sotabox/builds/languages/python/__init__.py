"""Python: servers, scripts, data apps and documentation, with any of its package managers."""

from dataclasses import replace
from typing import Final

from sotabox.builds.languages.compiled import directories_above
from sotabox.builds.languages.node.manifest import read_manifest
from sotabox.builds.languages.python.facts import Start
from sotabox.builds.languages.python.files import MAIN_FILES
from sotabox.builds.languages.python.manager import REQUIREMENTS, choose_manager
from sotabox.builds.languages.python.planning import plan_app, plan_site
from sotabox.builds.languages.python.project import read_pipfile, read_project
from sotabox.builds.languages.python.sites import find_site
from sotabox.builds.languages.python.subject import find_subject
from sotabox.builds.languages.python.version import python_version
from sotabox.builds.languages.python.workspace import members_of
from sotabox.builds.overrides import Overrides
from sotabox.builds.plan import LanguagePlan
from sotabox.builds.source import Tree
from sotabox.builds.verdict import Declined

NAME: Final = "python"
_CONDA: Final = ("environment.yml", "environment.yaml")
_NO_CONDA: Final = "a Conda environment is not supported: list its packages in a requirements.txt"
STRONG: Final = (
    *REQUIREMENTS, "pyproject.toml", "Pipfile", "setup.py", "mkdocs.yml", "mkdocs.yaml", *_CONDA,
)  # fmt: skip
WEAK: Final = (
    *(file for file in MAIN_FILES if "/" not in file),
    "manage.py",
    "streamlit_app.py",
    "pelicanconf.py",
)


def plan(tree: Tree, overrides: Overrides) -> LanguagePlan | Declined:
    """The plan of a Python app, or of the site that its documentation builds to."""
    return _plan(tree, overrides)


def plan_member(archive: Tree, directory: str, overrides: Overrides) -> LanguagePlan | Declined:
    """The plan of a member of a uv workspace above it, which holds the lock and other members."""
    for above in directories_above(directory):
        tree = archive.subtree(above) if above else archive
        member = directory.removeprefix(f"{above}/") if above else directory
        if not tree.exists("uv.lock") or member not in members_of(tree, read_project(tree)):
            continue
        verdict = _plan(tree, overrides, member)
        if isinstance(verdict, Declined):
            return verdict
        return replace(verdict, context_root=above or ".")
    return Declined("it is in no workspace")


def _plan(tree: Tree, overrides: Overrides, member: str = "") -> LanguagePlan | Declined:
    project = read_project(tree)
    _, requires = read_pipfile(tree)
    manager = choose_manager(tree, project, overrides)
    version, warnings = python_version(tree, project, requires, overrides)
    manager = replace(manager, python=version.version, warnings=(*warnings, *manager.warnings))
    subject = find_subject(tree, project, manager, overrides, member)
    listed = bool(manager.name)
    if (subject.start is None or subject.start.framework == "python") and (
        site := find_site(tree, manager.dependencies, listed=listed)
    ):
        return plan_site(subject, site, version, overrides)
    if why := _not_ours(tree, subject.start, overrides, listed=listed):
        return Declined(why)
    return plan_app(subject, version, overrides)


def _not_ours(tree: Tree, start: Start | None, overrides: Overrides, *, listed: bool) -> str | None:
    """Why the tree is no Python app, if it is none."""
    beside_node = tree.exists("package.json")
    shown = (
        start is not None and not start.file
    )  # a framework's own command needs no file of Python
    if not (tree.glob("**/*.py") or shown) and (beside_node or not overrides.start):
        return "there is no Python file"
    if not listed and beside_node and tree.exists("pyproject.toml"):
        return "pyproject.toml holds only tools' settings"
    if overrides.start:
        return None
    conda = any(tree.exists(name) for name in _CONDA)
    if not listed and (conda or start is None):
        return _NO_CONDA if conda else "no file was found that could be started"
    silent = start is None or (start.framework == "python" and start.notes)
    if silent and beside_node and _node_starts(tree):
        return "no server was found in it, and package.json has a start script"
    return None


def _node_starts(tree: Tree) -> bool:
    manifest = read_manifest(tree)
    return manifest is not None and bool(manifest.scripts.get("start"))
