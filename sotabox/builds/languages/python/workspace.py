"""uv workspaces: which member is the app."""

from collections.abc import Mapping

from sotabox.builds.languages.python.project import Project, read_project
from sotabox.builds.source import Tree
from sotabox.errors import UnknownApp


def members_of(tree: Tree, project: Project) -> Mapping[str, Project]:
    """The projects of the workspace by their directory."""
    found = {
        path.removesuffix("/pyproject.toml")
        for pattern in project.workspace
        for path in tree.glob(f"{pattern.strip('/').removeprefix('./')}/pyproject.toml")
    }
    return {directory: read_project(tree, directory) for directory in sorted(found)}


def several_apps(directories: list[str]) -> UnknownApp:
    """The error for a workspace in which more than one member can be started."""
    return UnknownApp(
        f"The workspace has several apps: {', '.join(directories)}",
        hint=f'Set the root directory to one of them (root = "{directories[0]}" in a sotabox.toml in '
        "the archive's root); make a project for each.",
    )
