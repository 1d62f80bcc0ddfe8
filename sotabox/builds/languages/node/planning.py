"""The plan of an app whose kind, manager and layer are known: stages, and what the image holds.

Two layouts. Where manifests alone can be installed, `node_modules` stays in the dependency stage:
the build sees it by a mount, the image takes it from there, and a changed source moves only the
source. Where they can't (zips, an install that needs the source or is a person's own), the whole
of `/app` goes from stage to stage.
"""

import re
from dataclasses import dataclass
from typing import Final

from sotabox.builds.bases import image_of
from sotabox.builds.languages.node.app import App
from sotabox.builds.languages.node.build import build_caches, build_command
from sotabox.builds.languages.node.command_lines import (
    MANAGER_DIR,
    environment_of,
    lines_of,
    setup_of,
)
from sotabox.builds.languages.node.install import (
    PRODUCTION_DIR,
    Install,
    install_step,
    module_directories,
    prune_line,
)
from sotabox.builds.languages.node.layer import Layer, read_layer
from sotabox.builds.languages.node.packages import SystemPackages, system_packages
from sotabox.builds.languages.node.scripts import reachable_text
from sotabox.builds.languages.node.servers import Server, find_server
from sotabox.builds.languages.node.sites import Site, find_site
from sotabox.builds.languages.node.start import Start, find_start, looks_like_bun
from sotabox.builds.languages.node.version import bun_version, node_version
from sotabox.builds.plan import (
    APP_DIR,
    BUILD,
    DEPENDENCIES,
    SOURCE,
    Bind,
    Carry,
    LanguagePlan,
    Reason,
    Static,
    Step,
    Toolchain,
    Version,
)

_PREFIXES: Final = ("NODE_", "NPM_", "npm_", "BUN_", "PNPM_", "pnpm_", "YARN_", "CI")
_TELEMETRY: Final = {
    "NEXT_TELEMETRY_DISABLED": "1", "ASTRO_TELEMETRY_DISABLED": "1", "NUXT_TELEMETRY_DISABLED": "1",
}  # fmt: skip
_PUPPETEER: Final = "/opt/puppeteer"
_PLAYWRIGHT: Final = "/opt/playwright"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Facts:
    """All that was found out about the app, before the plan is put together."""

    app: App
    on_bun: bool
    site: Site | None
    server: Server | None
    start: Start | None
    layer: Layer
    build: str
    packages: SystemPackages
    image: str
    versions: tuple[Version, ...]
    warnings: tuple[str, ...]

    @property
    def alone(self) -> bool:
        """What the build makes runs without anything else of the app."""
        own = self.start is not None and self.start.own
        return bool(self.server and self.server.alone and own and not self.app.overrides.release)

    @property
    def whole(self) -> bool:
        """Dependencies and source can't be kept apart."""
        return (
            not self.layer.files
            or self.app.manager.plug_and_play
            or self.app.overrides.install is not None
        )

    @property
    def prune(self) -> bool:
        """Development dependencies stay out of the image."""
        wish = self.app.overrides.railpack.get("PRUNE_DEPS", "").lower()
        if wish:
            return wish in {"1", "true"}
        return bool(self.start and self.start.prunable) and bool(
            self.app.manifest.development or self.app.root.development
        )


def plan_app(app: App, reasons: tuple[Reason, ...]) -> LanguagePlan:
    """The plan of a Node or Bun app. `reasons`: why it is this one."""
    facts = _find_out(app)
    site, start = facts.site, facts.start
    framework = site or facts.server
    runtime = "bun" if facts.on_bun else "node"
    return LanguagePlan(
        language=runtime,
        framework=framework.slug if framework else runtime,
        versions=facts.versions,
        toolchain=_toolchain(facts),
        run_image=None if site else facts.image,
        run_packages=() if site else facts.packages.run,
        run_env={} if site else _run_env(facts),
        carries=() if site else _carries(facts),
        start=start.command if start else None,
        static=Static(root=app.path(site.output), fallback=_fallback(app, site), built=True)
        if site
        else None,
        no_start="Looked for: a script 'start', 'main' in package.json, index.js, server.js, app.js "
        "and src/index.js.",
        health_path="/" if site else None,
        work_dir=app.image_path(),
        reasons=(*reasons, *_reasons(facts)),
        warnings=facts.warnings,
        notes=_notes(facts),
    )


def _find_out(app: App) -> _Facts:
    on_bun = looks_like_bun(app)
    site = find_site(app)
    server = None if site else find_server(app)
    layer = read_layer(app)
    images = app.overrides.images
    if on_bun:
        version, warnings = bun_version(app.tree, app.root, app.overrides)
        versions: tuple[Version, ...] = (version,)
        warnings = ()  # the manager has them
    else:
        version, warnings = node_version(app.tree, app.files, app.root, app.manifest, app.overrides)
        manager = app.manager
        named = manager.version or ("" if manager.name != "bun" else "1")
        versions = (version, Version(manager.program, named, manager.why)) if named else (version,)
    return _Facts(
        app=app,
        on_bun=on_bun,
        site=site,
        server=server,
        start=None if site else find_start(app, server, on_bun=on_bun),
        layer=layer,
        build=build_command(app, layer, site or server),
        packages=system_packages(app),
        image=image_of(version.tool, version.version, images),
        versions=versions,
        warnings=(*warnings, *app.manager.warnings, *(server.warnings if server else ())),
    )


def _toolchain(facts: _Facts) -> Toolchain:
    app, layer = facts.app, facts.layer
    env = {**environment_of(app.manager, on_bun=facts.on_bun)}
    setup = setup_of(app.manager, on_bun=facts.on_bun)
    if app.manifest.has("puppeteer"):
        env["PUPPETEER_CACHE_DIR"] = _PUPPETEER
        setup = (*setup, Step(f"mkdir -p {_PUPPETEER}"))
    if app.overrides.flag("NODE_PLAYWRIGHT_INSTALL"):
        env["PLAYWRIGHT_BROWSERS_PATH"] = _PLAYWRIGHT
    apart = facts.build and not (facts.whole or facts.site or facts.alone)
    binds = tuple(
        Bind(DEPENDENCIES, f"{APP_DIR}/{directory}", f"{APP_DIR}/{directory}")
        for directory in module_directories(app)
    )
    build = facts.build
    if facts.whole and facts.prune and build:
        build = f"{build} && {prune_line(app)}"
    return Toolchain(
        name="node",
        image=facts.image,
        packages=facts.packages.build,
        env=env,
        setup=setup,
        files=layer.files,
        install=(_install(facts),),
        env_prefixes=("",) if layer.scripts or _generates(app, layer) else _PREFIXES,
        build=(Step(build, tuple(build_caches(app)), binds if apart else ()),) if build else (),
        build_env=_build_env(facts) if build else {},
        fresh=bool(apart),
    )


def _install(facts: _Facts) -> Step:
    app, layer = facts.app, facts.layer
    generate = _generates(app, layer)
    bare = (
        facts.prune
        and not facts.build
        and not (layer.scripts or generate)
        and lines_of(app.manager).production is not None
        and "NODE_PRUNE_CMD" not in app.overrides.railpack
    )
    prune = facts.prune and not bare
    step = install_step(
        app,
        layer,
        Install(
            production=bare,
            copy_pruned=prune and not (facts.whole or facts.alone),
            generate=generate,
        ),
        on_bun=facts.on_bun,
    )
    if prune and facts.whole and not facts.build:
        return Step(f"{step.run} && {prune_line(app)}", step.caches)
    return step


def _generates(app: App, layer: Layer) -> bool:
    """Whether the layer must run Prisma's generator itself: the client goes to `node_modules`."""
    schemas = app.files.glob("**/*.prisma")
    scripts = (app.manifest.scripts.get(n, "") for n in ("postinstall", "prepare", "install"))
    return bool(
        layer.files
        and app.manifest.has("prisma")
        and schemas
        and not any("prisma generate" in script for script in scripts)
        and not any(
            re.search(r"^\s*output\s*=", app.files.read(s) or "", re.MULTILINE) for s in schemas
        )
    )


def _carries(facts: _Facts) -> tuple[Carry, ...]:
    app = facts.app
    extra = []
    if _needs_manager(facts):
        extra.append(Carry(DEPENDENCIES, MANAGER_DIR, MANAGER_DIR))
    if app.manifest.has("puppeteer"):
        extra.append(Carry(DEPENDENCIES, _PUPPETEER, _PUPPETEER))
    if app.overrides.flag("NODE_PLAYWRIGHT_INSTALL"):
        extra.append(Carry(DEPENDENCIES, _PLAYWRIGHT, _PLAYWRIGHT))
    if facts.alone and facts.server:
        return (*extra, *facts.server.alone)
    source = Carry(BUILD, APP_DIR, APP_DIR) if facts.build else Carry(SOURCE, ".", APP_DIR)
    if facts.whole:
        before = () if facts.build else (Carry(DEPENDENCIES, APP_DIR, APP_DIR),)
        return (*extra, *before, source) if facts.build or facts.layer.files else (*extra, *before)
    step = _install(facts)
    origin = PRODUCTION_DIR if PRODUCTION_DIR in step.run else APP_DIR
    modules = (
        Carry(DEPENDENCIES, f"{origin}/{directory}", f"{APP_DIR}/{directory}")
        for directory in module_directories(app)
    )
    return (*extra, *modules, source)


def _needs_manager(facts: _Facts) -> bool:
    """Whether a command of the running app calls a manager that its image lacks."""
    manager = facts.app.manager
    if manager.name == "npm" or facts.on_bun:
        return False
    commands = f"{facts.start.command if facts.start else ''}\n{facts.app.overrides.release or ''}"
    return re.search(rf"(?<![\w./-]){manager.program}x?(?![\w./-])", commands) is not None


def _run_env(facts: _Facts) -> dict[str, str]:
    app = facts.app
    bins = dict.fromkeys(f"{path}/node_modules/.bin" for path in (app.image_path(), APP_DIR))
    if _needs_manager(facts):
        bins[f"{MANAGER_DIR}/bin"] = None
    env = {"NODE_ENV": "production"}
    if not facts.alone:
        env["PATH"] = ":".join([*bins, "$PATH"])
    if app.manifest.has("puppeteer"):
        env["PUPPETEER_CACHE_DIR"] = _PUPPETEER
    if app.overrides.flag("NODE_PLAYWRIGHT_INSTALL"):
        env["PLAYWRIGHT_BROWSERS_PATH"] = _PLAYWRIGHT
    if app.manifest.has("next"):
        env["NEXT_TELEMETRY_DISABLED"] = "1"
    return {**env, **(facts.server.env if facts.server else {})}


def _build_env(facts: _Facts) -> dict[str, str]:
    env = {"NODE_ENV": "production", **_TELEMETRY}
    if "react-scripts build" in reachable_text(facts.app.manifest, "build"):
        env["CI"] = "false"  # with CI every lint warning fails its build
    return {**env, **(facts.server.build_env if facts.server else {})}


def _fallback(app: App, site: Site) -> bool:
    wish = app.overrides.static_fallback
    return site.fallback if wish is None else wish


def _reasons(facts: _Facts) -> tuple[Reason, ...]:
    app = facts.app
    reasons = [
        Reason("Node" if not facts.on_bun else "Bun", f"{app.path('package.json')} in the archive")
    ]
    if found := facts.site or facts.server:
        reasons.append(Reason(f"framework {found.slug}", found.why))
    reasons.append(Reason(f"package manager {app.manager.program}", app.manager.why))
    if facts.site:
        reasons.append(Reason(f"a site of files, in {app.path(facts.site.output)}", facts.site.why))
    elif facts.start and not app.overrides.start:
        reasons.append(Reason(f"start: {facts.start.command}", facts.start.why))
    if facts.build and not app.overrides.build:
        reasons.append(
            Reason(
                f"build: {facts.build}",
                "the script build"
                if "build" in app.manifest.scripts
                else "the framework's own command",
            )
        )
    if not facts.layer.files:
        reasons.append(Reason("the source comes before the install", facts.layer.why))
    return tuple(reasons)


def _notes(facts: _Facts) -> tuple[str, ...]:
    notes = [*facts.app.manager.notes, *(facts.start.notes if facts.start else ())]
    if facts.prune and facts.app.manifest.development:
        notes.append(
            "Development dependencies are not in the image; if one is missing at run time, move it "
            "to dependencies or set RAILPACK_PRUNE_DEPS=0"
        )
    return tuple(notes)
