"""Which package of a tree is the app."""

from dataclasses import replace
from typing import Final

from sotabox.builds.languages.node.app import App
from sotabox.builds.languages.node.manager import choose_manager
from sotabox.builds.languages.node.manifest import Manifest
from sotabox.builds.languages.node.scripts import follow_script, program_of
from sotabox.builds.languages.node.servers import find_server
from sotabox.builds.languages.node.sites import find_site, has_real_start
from sotabox.builds.languages.node.workspaces import read_workspace
from sotabox.builds.overrides import Overrides
from sotabox.builds.plan import Reason
from sotabox.builds.source import Tree
from sotabox.errors import UnknownApp

_RUNS_PACKAGES: Final = frozenset(
    {"turbo", "nx", "lerna", "pnpm", "yarn", "npm", "bun", "concurrently"}
)


def root_app(tree: Tree, root: Manifest, overrides: Overrides) -> App:
    """The tree's root as the app."""
    return App(
        tree=tree,
        directory="",
        files=tree,
        root=root,
        manifest=root,
        workspace=read_workspace(tree, root),
        manager=choose_manager(tree, root, overrides),
        overrides=overrides,
    )


def member_app(app: App, directory: str) -> App:
    """A package of the workspace as the app."""
    return replace(
        app,
        directory=directory,
        files=app.tree.subtree(directory),
        manifest=app.workspace.packages[directory],
    )


def choose_app(app: App) -> tuple[App, tuple[Reason, ...]]:
    """The app in the root's workspace, and why it is that one.

    Raises:
        UnknownApp: several packages can be started, and nothing says which.
    """
    if not app.workspace.packages:
        return app, ()
    if (named := _named(app)) is not None:
        directory, why = named
        return member_app(app, directory), (Reason(f"the package {directory}", why),)
    if _is_app(app):
        return app, ()
    startable = [d for d in app.workspace.packages if _is_app(member_app(app, d))]
    if len(startable) == 1:
        why = "the only package of the workspace that can be started"
        return member_app(app, startable[0]), (Reason(f"the package {startable[0]}", why),)
    if not startable or app.overrides.start:
        return app, ()
    raise UnknownApp(
        f"The workspace has several apps: {', '.join(startable)}",
        hint=f'Set the root directory to one of them (root = "{startable[0]}" in a sotabox.toml in '
        "the archive's root); make a project for each.",
    )


def _named(app: App) -> tuple[str, str] | None:
    """The package that a variable or the root's start script names."""
    if wish := app.overrides.railpack.get("NX_APP"):
        directory = app.workspace.directory_of(wish) or app.workspace.directory_of(f"apps/{wish}")
        if directory is not None:
            return directory, "RAILPACK_NX_APP"
    start = app.root.scripts.get("start", "")
    named = app.workspace.named_in(start)
    if len(named) == 1:
        return named[0], f"the root's script start ({start})"
    return None


def _is_app(app: App) -> bool:
    if find_site(app) is not None:
        return True
    script = follow_script(app.manifest, "start")
    if script is not None and has_real_start(app) and (
        app.directory or program_of(script.command) not in _RUNS_PACKAGES
    ):  # fmt: skip
        return True
    server = find_server(app)
    return server is not None and server.start is not None
