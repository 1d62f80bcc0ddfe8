"""The app in question: its package, the tree and the workspace around it, its manager."""

from collections.abc import Mapping
from dataclasses import dataclass

from sotabox.builds.languages.node.manager import Manager
from sotabox.builds.languages.node.manifest import Manifest
from sotabox.builds.languages.node.workspaces import Workspace
from sotabox.builds.overrides import Overrides
from sotabox.builds.plan import APP_DIR
from sotabox.builds.source import Tree


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
        return bool({*workspace.named_in(scripts.get("build", ""))} - {self.directory})

    def path(self, *parts: str) -> str:
        """A path below the app's directory, relative to the tree."""
        return "/".join(part for part in (self.directory, *parts) if part)

    def image_path(self, *parts: str) -> str:
        """A path below the app's directory in the image."""
        return "/".join(part for part in (APP_DIR, self.directory, *parts) if part)
