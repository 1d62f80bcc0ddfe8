"""Node and Bun: servers, sites of files, and workspaces of both."""

from dataclasses import replace
from typing import Final

from sotabox.builds.languages import static
from sotabox.builds.languages.node.choosing import choose_app, member_app, root_app
from sotabox.builds.languages.node.manifest import read_manifest
from sotabox.builds.languages.node.planning import plan_app
from sotabox.builds.languages.node.workspaces import workspace_root
from sotabox.builds.overrides import Overrides
from sotabox.builds.plan import LanguagePlan, Reason
from sotabox.builds.source import Tree
from sotabox.builds.verdict import Declined

NAME: Final = "node"
STRONG: Final = ("package.json", "package.json5")
WEAK: Final = ()


def plan(tree: Tree, overrides: Overrides) -> LanguagePlan | Declined:
    """The plan of the app in the tree's root, or of the workspace's one app."""
    root = read_manifest(tree)
    if root is None:
        return Declined("there is no package.json")
    planned = plan_app(*choose_app(root_app(tree, root, overrides)))
    if not (planned.start or planned.static or root.scripts.get("build")) and static.has_pages(
        tree
    ):
        return Declined("nothing in it can be started, and there is an index.html")
    return planned


def plan_member(outer: Tree, directory: str, overrides: Overrides) -> LanguagePlan | Declined:
    """The plan of the package in `directory`, where a workspace above it holds its lock.

    The plan's `context_root` is then the workspace's directory ("." for the archive's own).
    """
    above = workspace_root(outer, directory)
    if above is None:
        return Declined("it is in no workspace")
    tree = outer.subtree(above) if above else outer
    root = read_manifest(tree)
    if root is None:
        return Declined("there is no package.json")
    member = directory.removeprefix(f"{above}/") if above else directory
    app = member_app(root_app(tree, root, overrides), member)
    reason = Reason(f"the package {member} of a workspace", overrides.origin("root_directory"))
    planned = plan_app(app, (reason,))
    return replace(planned, context_root=above or ".")
