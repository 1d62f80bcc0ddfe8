"""Node beside Python: the stage that builds a backend's scripts and styles.

The build runs in Node's own stage, where `node_modules` lies already: the assets of Python apps
call no Python, and a changed source then moves none of it.
"""

from dataclasses import replace
from typing import Final

from sotabox.builds.languages import node
from sotabox.builds.languages.node.manifest import read_manifest
from sotabox.builds.overrides import Overrides
from sotabox.builds.plan import APP_DIR, Carry, LanguagePlan, Toolchain
from sotabox.builds.source import Tree

HELPER: Final = "node"
#: The built tree without what built it.
_BUILT: Final = "/built"
#: What a build makes may lie anywhere, so all of it goes over, except for its dependencies.
_GATHER: Final = f"mkdir -p {_BUILT} && tar -cf - --exclude=node_modules . | tar -xf - -C {_BUILT}"
#: Brought into the build stage of the backend.
ASSETS: Final = Carry(HELPER, _BUILT, APP_DIR)


def assets_helper(tree: Tree, overrides: Overrides) -> Toolchain | None:
    """The stage that runs the `build` script of `package.json`; None if there is none."""
    manifest = read_manifest(tree)
    if manifest is None or not manifest.scripts.get("build"):
        return None
    plain = replace(overrides, install=None, build=None, start="true", build_packages=())
    planned = node.plan(tree, plain)
    if not isinstance(planned, LanguagePlan) or planned.toolchain is None:
        return None
    tool = planned.toolchain
    *before, last = tool.build
    steps = (*before, replace(last, run=f"{last.run} && {_GATHER}"))
    # Mounts name the main toolchain's stage; this one builds on its own dependencies instead.
    return replace(
        tool,
        name=HELPER,
        fresh=False,
        build=tuple(replace(step, binds=()) for step in steps),
    )
