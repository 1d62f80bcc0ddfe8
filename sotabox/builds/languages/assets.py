"""Node before a backend: the stage that builds its scripts, its styles, or a whole front end.

The build runs in Node's own stage, where `node_modules` lies already: the assets of Python and Go
apps call nothing of the backend, and a changed source then moves none of it.
"""

import shlex
from dataclasses import replace
from typing import Final

from sotabox.builds.languages import node
from sotabox.builds.languages.node.manifest import read_manifest
from sotabox.builds.overrides import Overrides
from sotabox.builds.plan import APP_DIR, Cache, Carry, LanguagePlan, Step, Toolchain
from sotabox.builds.source import Tree

HELPER: Final = "node"
#: The built tree without what built it.
_BUILT: Final = "/built"
#: What a build makes may lie anywhere, so all of it goes over, except for its dependencies.
_GATHER: Final = f"mkdir -p {_BUILT} && tar -cf - --exclude=node_modules . | tar -xf - -C {_BUILT}"
#: Brought into the build stage of the backend.
ASSETS: Final = Carry(HELPER, _BUILT, APP_DIR)


def assets_helper(tree: Tree, overrides: Overrides, directory: str = "") -> Toolchain | None:
    """The stage that runs the `build` script of a `package.json`; None if there is none.

    `directory`: where that package lies, with a lock of its own ("" is the tree's root).
    """
    place = tree.subtree(directory) if directory else tree
    manifest = read_manifest(place)
    if manifest is None or not manifest.scripts.get("build"):
        return None
    plain = replace(overrides, install=None, build=None, start="true", build_packages=())
    planned = node.plan(place, plain)
    if not isinstance(planned, LanguagePlan) or planned.toolchain is None:
        return None
    tool = _moved(planned.toolchain, directory)
    *before, last = tool.build
    steps = (*before, replace(last, run=f"{last.run} && cd {APP_DIR} && {_GATHER}"))
    # Mounts name the main toolchain's stage; this one builds on its own dependencies instead.
    return replace(
        tool,
        name=HELPER,
        fresh=False,
        build=tuple(replace(step, binds=()) for step in steps),
    )


def _moved(tool: Toolchain, directory: str) -> Toolchain:
    """A toolchain of a directory's own tree, as one of the tree around it."""
    if not directory:
        return tool
    return replace(
        tool,
        files=tuple(f"{directory}/{file}" for file in tool.files),
        install=tuple(_within(step, directory) for step in tool.install),
        build=tuple(_within(step, directory) for step in tool.build),
    )


def _within(step: Step, directory: str) -> Step:
    caches = tuple(
        Cache(cache.name, f"{APP_DIR}/{directory}{cache.target[len(APP_DIR) :]}", cache.locked)
        if cache.target.startswith(f"{APP_DIR}/")
        else cache
        for cache in step.caches
    )
    return replace(step, run=f"cd {shlex.quote(directory)} && {step.run}", caches=caches)
