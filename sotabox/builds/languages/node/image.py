"""What the final image of a server holds, and its environment."""

import re

from sotabox.builds.languages.node.command_lines import (
    MANAGER_DIR,
)
from sotabox.builds.languages.node.facts import Facts
from sotabox.builds.languages.node.install import (
    PRODUCTION_DIR,
    module_directories,
)
from sotabox.builds.languages.node.toolchain import (
    PLAYWRIGHT_DIR,
    PUPPETEER_DIR,
    SERVER_DIR,
    install_of,
)
from sotabox.builds.plan import (
    APP_DIR,
    BUILD,
    DEPENDENCIES,
    SOURCE,
    Carry,
)


def carries_of(facts: Facts) -> tuple[Carry, ...]:
    """What is taken into the image, in order; what changes most comes last."""
    app = facts.app
    extra = []
    if _needs_manager(facts):
        extra.append(Carry(DEPENDENCIES, MANAGER_DIR, MANAGER_DIR))
    if app.manifest.has("puppeteer"):
        extra.append(Carry(DEPENDENCIES, PUPPETEER_DIR, PUPPETEER_DIR))
    if app.overrides.flag("NODE_PLAYWRIGHT_INSTALL"):
        extra.append(Carry(DEPENDENCIES, PLAYWRIGHT_DIR, PLAYWRIGHT_DIR))
    if facts.added:
        extra.append(Carry(DEPENDENCIES, SERVER_DIR, SERVER_DIR))
    if facts.alone and facts.server:
        return (*extra, *facts.server.alone)
    source = Carry(BUILD, APP_DIR, APP_DIR) if facts.build else Carry(SOURCE, ".", APP_DIR)
    if facts.whole:
        before = () if facts.build else (Carry(DEPENDENCIES, APP_DIR, APP_DIR),)
        return (*extra, *before, source) if facts.build or facts.layer.files else (*extra, *before)
    step = install_of(facts)
    origin = PRODUCTION_DIR if PRODUCTION_DIR in step.run else APP_DIR
    modules = (
        Carry(DEPENDENCIES, f"{origin}/{directory}", f"{APP_DIR}/{directory}")
        for directory in module_directories(app)
    )
    return (*extra, *modules, source)


def _needs_manager(facts: Facts) -> bool:
    """Whether a command of the running app calls a manager that its image lacks."""
    manager = facts.app.manager
    if manager.name == "npm" or facts.on_bun:
        return False
    commands = f"{facts.start.command if facts.start else ''}\n{facts.app.overrides.release or ''}"
    return re.search(rf"(?<![\w./-]){manager.program}x?(?![\w./-])", commands) is not None


def run_env_of(facts: Facts) -> dict[str, str]:
    """The variables of the running app, beyond those that every app has."""
    app = facts.app
    bins = dict.fromkeys(f"{path}/node_modules/.bin" for path in (app.image_path(), APP_DIR))
    if _needs_manager(facts):
        bins[f"{MANAGER_DIR}/bin"] = None
    if facts.added:
        bins[f"{SERVER_DIR}/bin"] = None
    env = {"NODE_ENV": "production"}
    if not facts.alone:
        env["PATH"] = ":".join([*bins, "$PATH"])
    if app.manifest.has("puppeteer"):
        env["PUPPETEER_CACHE_DIR"] = PUPPETEER_DIR
    if app.overrides.flag("NODE_PLAYWRIGHT_INSTALL"):
        env["PLAYWRIGHT_BROWSERS_PATH"] = PLAYWRIGHT_DIR
    if app.manifest.has("next"):
        env["NEXT_TELEMETRY_DISABLED"] = "1"
    return {**env, **(facts.server.env if facts.server else {})}
