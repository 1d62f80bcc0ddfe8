"""Node beside a backend: what its build needs to compile scripts and styles itself.

The build runs in the backend's own stage, with its dependencies there: Vite plugins and style
sheets of PHP and Ruby apps read files of gems and packages, and some call the backend. Node, the
package manager and `node_modules` come from a helper's stage, which sees manifests only.
"""

import re
from dataclasses import dataclass, replace
from typing import Final

from sotabox.builds.languages import node
from sotabox.builds.languages.node.command_lines import MANAGER_DIR
from sotabox.builds.languages.node.manifest import read_manifest
from sotabox.builds.overrides import Overrides
from sotabox.builds.plan import APP_DIR, Cache, Carry, LanguagePlan, Reason, Step, Toolchain
from sotabox.builds.source import Tree

HELPER: Final = "node"
_HOME: Final = "/opt/node"
_MODULES: Final = "node_modules"


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeBeside:
    """What a backend's plan takes over.

    `helper` installs; `needs` brings it into the build stage; `build` is the command that compiles,
    with `caches` and `env`; `remove` takes away afterwards what only the build needed.
    """

    helper: Toolchain
    needs: tuple[Carry, ...]
    build: str
    caches: tuple[Cache, ...]
    env: dict[str, str]
    reasons: tuple[Reason, ...]
    warnings: tuple[str, ...]

    remove: str = f"rm -rf {_MODULES}"


def node_beside(tree: Tree, overrides: Overrides) -> NodeBeside | None:
    """Node for the `build` script of a backend's `package.json`; None if there is none."""
    manifest = read_manifest(tree)
    if manifest is None or not manifest.scripts.get("build"):
        return None
    # What a person set is the backend's; a start command makes no site of the assets.
    mine = replace(overrides, install=None, build=None, start="true", release=None)
    mine = replace(mine, railpack={**overrides.railpack, "PRUNE_DEPS": "0"})
    planned = node.plan(tree, mine)
    if not isinstance(planned, LanguagePlan) or planned.toolchain is None:
        return None
    tool = planned.toolchain
    env = {name: value for name, value in tool.env.items() if name != "PATH"}
    managed = MANAGER_DIR in tool.env.get("PATH", "")
    bins = [f"{MANAGER_DIR}/bin"] if managed else []
    path = ":".join([f"{APP_DIR}/{_MODULES}/.bin", *bins, f"{_HOME}/bin", "$PATH"])
    places = {
        "/usr/local/bin": f"{_HOME}/bin",
        "/usr/local/lib/node_modules": f"{_HOME}/lib/node_modules",
        f"{APP_DIR}/{_MODULES}": f"{APP_DIR}/{_MODULES}",
    }
    if planned.language != "node":  # Bun is one program, and has no packages of its own
        del places["/usr/local/lib/node_modules"]
    if managed:
        places[MANAGER_DIR] = MANAGER_DIR
    return NodeBeside(
        helper=_installing(tool),
        needs=tuple(Carry(HELPER, place, target) for place, target in places.items()),
        build=" && ".join(step.run for step in tool.build),
        caches=tuple(cache for step in tool.build for cache in _outside(step)),
        env={**env, **tool.build_env, "PATH": path},
        reasons=(Reason("Node in the build", "the script build in package.json"),),
        warnings=planned.warnings,
    )


def _installing(tool: Toolchain) -> Toolchain:
    """The helper: the toolchain up to its install, which leaves a folder even if it is empty."""
    *before, last = tool.install
    made = last if tool.files else replace(last, run=f"{last.run} && mkdir -p {_MODULES}")
    return replace(
        tool, name=HELPER, install=(*before, made), build=(), build_env={}, needs=(), fresh=False
    )


def _outside(step: Step) -> tuple[Cache, ...]:
    """The caches that may be mounted in a step that takes `node_modules` away: not those in it."""
    return tuple(c for c in step.caches if not re.search(rf"/{_MODULES}(?:/|$)", c.target))
