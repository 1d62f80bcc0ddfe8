"""What each package manager is told: to come, to install, to prune, to run a script.

One row a manager, so that what differs between them stands side by side.
"""

from dataclasses import dataclass
from typing import Final

from sotabox.builds.languages.node.manager import Manager
from sotabox.builds.plan import APP_DIR, Cache, Step

#: Where managers other than the image's npm are put; it is carried where a start command needs one.
MANAGER_DIR: Final = "/opt/manager"

_PNPM_STORE: Final = "/pnpm/store"
_BERRY_STATE: Final = "node_modules/.yarn-install-state.gz"


@dataclass(frozen=True, slots=True)
class Lines:
    """A manager's commands; `all` and `production` follow `frozen` or `unfrozen`.

    `all` is needed because a project's NODE_ENV=production would leave development dependencies
    out. `prune` takes them out of an installed tree. `production` None: prune instead.
    """

    frozen: str
    unfrozen: str
    all: str
    production: str | None
    prune: str
    run: str
    execute: str
    caches: tuple[Cache, ...]


_ROWS: Final = {
    "npm": Lines(
        frozen="npm ci",
        unfrozen="npm install",
        all=" --include=dev",
        production=" --omit=dev",
        prune="npm prune --omit=dev --ignore-scripts",
        run="npm run",
        execute="npx --no-install",
        caches=(Cache("npm", "/root/.npm"),),
    ),
    "pnpm": Lines(
        frozen=f"pnpm install --frozen-lockfile --prefer-offline --config.store-dir={_PNPM_STORE}",
        unfrozen=f"pnpm install --no-frozen-lockfile --prefer-offline --config.store-dir={_PNPM_STORE}",
        all=" --prod=false",
        production=" --prod",
        prune=f"pnpm prune --prod --ignore-scripts --config.store-dir={_PNPM_STORE}",
        run="pnpm run",
        execute="pnpm exec",
        caches=(Cache("pnpm", _PNPM_STORE),),
    ),
    "yarn": Lines(
        frozen="yarn install --non-interactive --frozen-lockfile",
        unfrozen="yarn install --non-interactive",
        all=" --production=false",
        production=" --production=true",
        prune="yarn install --non-interactive --frozen-lockfile --production=true --ignore-scripts",
        run="yarn run",
        execute="yarn run",
        caches=(Cache("yarn", "/usr/local/share/.cache/yarn", locked=True),),
    ),
    "berry": Lines(
        frozen="yarn install --immutable",
        unfrozen="yarn install --no-immutable",
        all="",
        production=None,
        # A state of its own: the full tree's is still needed, and may be the same file.
        prune=f'rm -f {_BERRY_STATE} && YARN_INSTALL_STATE_PATH="$PWD/{_BERRY_STATE}" '
        "yarn workspaces focus --production --all",
        run="yarn run",
        execute="yarn run",
        caches=(Cache("berry", "/root/.yarn/berry/cache"),),
    ),
    "bun": Lines(
        frozen="bun install --frozen-lockfile",
        unfrozen="bun install",
        all="",
        production=" --production",
        prune="rm -rf node_modules && bun install --frozen-lockfile --production --ignore-scripts",
        run="bun run",
        execute="bunx --no-install",
        caches=(Cache("bun", "/root/.bun/install/cache"),),
    ),
}


def lines_of(manager: Manager) -> Lines:
    """The commands of `manager`."""
    return _ROWS[manager.name]


def caches_of(manager: Manager) -> tuple[Cache, ...]:
    """What an install keeps: nothing where the zips are the dependencies themselves."""
    return () if manager.plug_and_play else lines_of(manager).caches


def setup_of(manager: Manager, *, on_bun: bool) -> tuple[Step, ...]:
    """The step that brings the manager in its version; none where the image has it.

    Through npm, as corepack's older releases fail on newer signing keys and newer Nodes lack it.
    """
    if manager.name == "npm" or (manager.name == "bun" and on_bun):
        return ()
    if manager.yarn_path:
        script = f'#!/bin/sh\\nexec node {APP_DIR}/{manager.yarn_path} "$@"\\n'
        place = f"{MANAGER_DIR}/bin"
        return (
            Step(f"mkdir -p {place} && printf '{script}' > {place}/yarn && chmod +x {place}/yarn"),
        )
    package = "@yarnpkg/cli-dist" if manager.name == "berry" else manager.name
    # No cache: the same text for all projects is one layer that they share.
    return (Step(f"npm install -g --prefix {MANAGER_DIR} {package}@{manager.version}"),)


def environment_of(manager: Manager, *, on_bun: bool) -> dict[str, str]:
    """The manager's variables in the stages that install and build."""
    values = {"CI": "true"}
    if manager.name != "npm" and not on_bun:
        values["PATH"] = f"{MANAGER_DIR}/bin:$PATH"
    if manager.name == "berry":
        values |= {"YARN_ENABLE_TELEMETRY": "0"}
        if manager.plug_and_play:
            values |= {"YARN_ENABLE_GLOBAL_CACHE": "false"}
        else:
            values |= {
                "YARN_ENABLE_GLOBAL_CACHE": "true",
                "YARN_NODE_LINKER": "node-modules",
                # Without it yarn finds no programs; here it goes where the packages go.
                "YARN_INSTALL_STATE_PATH": f"{APP_DIR}/{_BERRY_STATE}",
            }
    if not on_bun:
        values |= {"NPM_CONFIG_UPDATE_NOTIFIER": "false", "NPM_CONFIG_FUND": "false"}
    return values
