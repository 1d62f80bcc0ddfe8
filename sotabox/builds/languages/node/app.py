"""The app in question: its package, the tree and the workspace around it, its manager."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sotabox.builds.languages.node.manager import Manager
from sotabox.builds.languages.node.manifest import Manifest
from sotabox.builds.languages.node.workspaces import Workspace
from sotabox.builds.overrides import Overrides
from sotabox.builds.plan import APP_DIR
from sotabox.builds.source import Tree

#: Flags and commands of managers that run a script in every package of the workspace.
_IN_ALL: Final = re.compile(
    r"(?<!\S)(?:--workspaces|-ws|-r|--recursive)(?!\S)|\bworkspaces (?:run|foreach)\b|--filter[ =]['\"]?\*"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """What every decision looks at. `directory` is "" where the tree's root is the app."""

    tree: Tree
    directory: str
    files: Tree  # the tree below `directory`
    root: Manifest
    manifest: Manifest
    workspace: Workspace
    manager: Manager
    overrides: Overrides

    @property
    def packages(self) -> Mapping[str, Manifest]:
        """The packages that count: the root, the app and what it builds on, by directory."""
        needed = (
            () if self.by_root or not self.directory else self.workspace.needed_by(self.directory)
        )
        chosen = needed or tuple(self.workspace.packages)
        return {"": self.root, **{d: self.workspace.packages[d] for d in chosen}}

    @property
    def by_root(self) -> bool:
        """Whether the root's scripts start this package and build others: what it serves, mostly."""
        scripts, workspace = self.root.scripts, self.workspace
        if not self.directory or workspace.named_in(scripts.get("start", "")) != (self.directory,):
            return False
        build = scripts.get("build", "")
        others = {*workspace.named_in(build)} - {self.directory}
        return bool(others) or _IN_ALL.search(build) is not None

    def path(self, *parts: str) -> str:
        """A path below the app's directory, relative to the tree."""
        return "/".join(part for part in (self.directory, *parts) if part)

    def image_path(self, *parts: str) -> str:
        """A path below the app's directory in the image."""
        return "/".join(part for part in (APP_DIR, self.directory, *parts) if part)
