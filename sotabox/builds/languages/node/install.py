"""The step that installs dependencies, and what it leaves where."""

import shlex
from dataclasses import dataclass
from typing import Final

from sotabox.builds.languages.node.app import App
from sotabox.builds.languages.node.command_lines import Lines, caches_of, lines_of
from sotabox.builds.languages.node.layer import Layer
from sotabox.builds.plan import Step

#: Where the tree without development dependencies lies in the dependency stage, beside the full one.
PRODUCTION_DIR: Final = "/production"

_RETRY: Final = "sotabox: warning: the install from the lock file failed; trying once without its exact versions"
#: Peers that contradict each other end an install of npm's, where other managers warn.
_PEERS: Final = "sotabox: warning: the install failed; trying once with --legacy-peer-deps"


@dataclass(frozen=True, slots=True, kw_only=True)
class Install:
    """What is installed.

    `production`: nothing but production dependencies. `copy_pruned`: a second tree without the
    development ones, in `PRODUCTION_DIR`. `generate`: run Prisma's generator.
    """

    production: bool = False
    copy_pruned: bool = False
    generate: bool = False


def install_step(app: App, layer: Layer, install: Install, *, on_bun: bool) -> Step:
    """The whole install as one step, as each step has a price."""
    lines = lines_of(app.manager)
    parts = [] if on_bun else [_drop(directory, names) for directory, names in layer.dropped]
    parts.append(
        _install(app, lines, production=install.production, ignore=on_bun and bool(layer.dropped))
    )
    if install.generate:
        parts.append(_in(app.directory, f"{lines.execute} prisma generate"))
    if app.overrides.flag("NODE_PLAYWRIGHT_INSTALL"):
        parts.append(
            _in(app.directory, f"{lines.execute} playwright install --only-shell chromium")
        )
    if layer.files:
        parts.append("mkdir -p " + " ".join(map(shlex.quote, module_directories(app))))
    if install.copy_pruned:
        parts.append(f"cp -al /app {PRODUCTION_DIR} && cd {PRODUCTION_DIR} && {prune_line(app)}")
        parts.append("mkdir -p " + " ".join(map(shlex.quote, module_directories(app))))
    return Step(" && ".join(parts), caches_of(app.manager))


def module_directories(app: App) -> tuple[str, ...]:
    """The `node_modules` of the packages that count, relative to the tree."""
    return tuple(f"{d}/node_modules" if d else "node_modules" for d in app.packages)


def prune_line(app: App) -> str:
    """The command that takes development dependencies out of an installed tree."""
    if command := app.overrides.railpack.get("NODE_PRUNE_CMD"):
        return command
    if app.manager.name == "pnpm" and app.workspace.packages:
        # `pnpm prune` knows no workspaces; an install for production takes the rest away.
        line = _command(app, lines_of(app.manager), production=True)
        return f"{line} --offline --ignore-scripts --config.modules-cache-max-age=0"
    return lines_of(app.manager).prune


def _install(app: App, lines: Lines, *, production: bool, ignore: bool) -> str:
    command = _command(app, lines, production=production) + (" --ignore-scripts" if ignore else "")
    others = []
    unfrozen = command
    if app.manager.lock is not None and command.startswith(lines.frozen):
        unfrozen = command.replace(lines.frozen, lines.unfrozen, 1)
        others.append((_RETRY, unfrozen))
    if app.manager.name == "npm":
        others.append((_PEERS, f"{unfrozen} --legacy-peer-deps"))
    if not others:
        return command
    retries = (f"{{ echo {shlex.quote(why)} >&2; {other}; }}" for why, other in others)
    return f"{{ {' || '.join((command, *retries))}; }}"


def _command(app: App, lines: Lines, *, production: bool) -> str:
    frozen = app.manager.lock is not None and not app.overrides.flag("NODE_NPM_INSTALL")
    development = any(package.development for package in app.packages.values())
    suffix = lines.production if production else lines.all if development else ""
    return (lines.frozen if frozen else lines.unfrozen) + (suffix or "")


def _drop(directory: str, names: tuple[str, ...]) -> str:
    """Takes lifecycle scripts out of this layer's copy of a manifest."""
    return _in(directory, "npm pkg delete " + " ".join(f"scripts.{name}" for name in names))


def _in(directory: str, command: str) -> str:
    return f"(cd {shlex.quote(directory)} && {command})" if directory else command
