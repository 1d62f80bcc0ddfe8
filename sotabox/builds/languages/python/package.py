"""The app as a package: whether it is installed, and from how much of it.

What an installed package adds to its source is metadata: its version, its entry points. A plain
package's metadata comes from `pyproject.toml` alone. So it is installed beside the dependencies,
from empty files in place of the source, and a changed source is only copied. A package that is
computed (compiled, versioned by code, moved around) is built from the source each time.
"""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sotabox.builds.languages.python.install import PACKAGE, install_package
from sotabox.builds.languages.python.manager import Manager
from sotabox.builds.languages.python.project import Project
from sotabox.builds.plan import Step
from sotabox.builds.source import Tree

#: Build backends that make a plain package of a plain directory.
_PLAIN: Final = frozenset(
    {"hatchling.build", "setuptools.build_meta", "uv_build", "pdm.backend", "flit_core.buildapi",
     "poetry.core.masonry.api"}
)  # fmt: skip
#: Files that `pyproject.toml` may name, and that a backend then wants to see.
_NAMED: Final = "{README*,readme*,LICENSE*,LICENCE*,COPYING*,NOTICE*,AUTHORS*,CHANGELOG*}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """The app as a package. `root` holds its modules ("" or `src`), `plain` as said above."""

    root: str
    modules: tuple[str, ...]
    plain: bool
    named: tuple[str, ...] = ()

    def step(self, manager: Manager) -> Step:
        """Installs it into `PACKAGE`: after the dependencies if plain, else in the build."""
        step = install_package(manager)
        if not self.plain:
            return step
        prefix = f"{self.root}/" if self.root else ""
        folders = _words([f"{prefix}{module}" for module in self.modules])
        files = _words([*(f"{prefix}{m}/__init__.py" for m in self.modules), *self.named])
        made = _words([self.root] if self.root else self.modules)
        drop = _words([f"{PACKAGE}/{module}" for module in self.modules])
        gone = " ".join(filter(None, [made, _words(self.named), drop]))
        run = f"mkdir -p {folders} && touch {files} && {step.run} && rm -rf {gone}"
        return Step(run, step.caches)


def find_package(tree: Tree, project: Project, manager: Manager) -> Package | None:
    """The package that the app is, if it says how it is built and its files are there."""
    if manager.requirements and manager.name == "setuptools":
        return Package(root="", modules=(), plain=False)
    if manager.name not in ("uv", "pdm", "pyproject") or not manager.files or not project.package:
        return None
    name = project.name.replace("-", "_").replace(".", "/")
    root = next((r for r in ("src/", "") if tree.exists(f"{r}{name}/__init__.py")), None)
    if not name or root is None:
        return None
    return Package(
        root=root.rstrip("/"),
        modules=tuple(
            path.removeprefix(root).removesuffix("/__init__.py")
            for path in tree.glob(f"{root}*/__init__.py")
            if root or path.startswith(f"{name}/")
        ),
        plain=project.backend in _PLAIN and not project.computed and not tree.exists("setup.py"),
        named=tree.glob(_NAMED),
    )


def _words(paths: Sequence[str]) -> str:
    return " ".join(map(shlex.quote, paths))
