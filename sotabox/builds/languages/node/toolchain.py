"""The stages that install and build.

Two layouts. Where manifests alone can be installed, `node_modules` stays in the dependency stage:
the build sees it by a mount, the image takes it from there, and a changed source moves only the
source. Where they can't (zips, an install that needs the source or is a person's own), the whole
of `/app` goes from stage to stage.
"""

import re
from typing import Final

from sotabox.builds.languages.node.app import App
from sotabox.builds.languages.node.build import build_caches
from sotabox.builds.languages.node.command_lines import (
    environment_of,
    lines_of,
    setup_of,
)
from sotabox.builds.languages.node.facts import Facts
from sotabox.builds.languages.node.install import (
    Install,
    install_step,
    module_directories,
    prune_line,
)
from sotabox.builds.languages.node.layer import Layer
from sotabox.builds.languages.node.scripts import reachable_text
from sotabox.builds.plan import (
    APP_DIR,
    DEPENDENCIES,
    Bind,
    Step,
    Toolchain,
)

_PREFIXES: Final = ("NODE_", "NPM_", "npm_", "BUN_", "PNPM_", "pnpm_", "YARN_", "CI")
_TELEMETRY: Final = {
    "NEXT_TELEMETRY_DISABLED": "1", "ASTRO_TELEMETRY_DISABLED": "1", "NUXT_TELEMETRY_DISABLED": "1",
}  # fmt: skip
#: Tools that hash by MD4, as webpack 4 does, up to the major given; OpenSSL 3 has it no more.
#: Source: nodejs/node#40455 (ERR_OSSL_EVP_UNSUPPORTED since Node 17).
_MD4: Final = {
    "webpack": 5, "react-scripts": 5, "@vue/cli-service": 5, "nuxt": 3, "next": 11, "gatsby": 3,
    "@angular-devkit/build-angular": 12, "preact-cli": 4, "laravel-mix": 6,
}  # fmt: skip
PUPPETEER_DIR: Final = "/opt/puppeteer"
PLAYWRIGHT_DIR: Final = "/opt/playwright"
#: Where a server that we add lies, apart from the app's packages.
SERVER_DIR: Final = "/opt/server"


def toolchain_of(facts: Facts) -> Toolchain:
    """The toolchain of the app."""
    app, layer = facts.app, facts.layer
    env = {**environment_of(app.manager, on_bun=facts.on_bun)}
    setup = setup_of(app.manager, on_bun=facts.on_bun)
    if app.manifest.has("puppeteer"):
        env["PUPPETEER_CACHE_DIR"] = PUPPETEER_DIR
        setup = (*setup, Step(f"mkdir -p {PUPPETEER_DIR}"))
    if app.overrides.flag("NODE_PLAYWRIGHT_INSTALL"):
        env["PLAYWRIGHT_BROWSERS_PATH"] = PLAYWRIGHT_DIR
    if facts.added:
        setup = (*setup, Step(f"npm install --global --prefix {SERVER_DIR} {facts.added}"))
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
        install=(install_of(facts),),
        env_prefixes=("",) if layer.scripts or generates(app, layer) else _PREFIXES,
        build=(Step(build, tuple(build_caches(app)), binds if apart else ()),) if build else (),
        build_env=_build_env(facts) if build else {},
        fresh=bool(apart),
    )


def install_of(facts: Facts) -> Step:
    """The install, with or without what only development needs."""
    app, layer = facts.app, facts.layer
    generate = generates(app, layer)
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


def generates(app: App, layer: Layer) -> bool:
    """Whether the layer must run Prisma's generator itself: the client goes to `node_modules`."""
    schemas = app.files.glob("**/*.prisma")
    scripts = (app.manifest.scripts.get(n, "") for n in ("postinstall", "prepare", "install"))
    return bool(
        layer.files
        and app.manifest.has("prisma")
        and schemas
        and not any("prisma generate" in script for script in scripts)
        and not any(
            re.search(r"^[ \t]*output\s*=", app.files.read(s) or "", re.MULTILINE) for s in schemas
        )
    )


def _build_env(facts: Facts) -> dict[str, str]:
    env = {"NODE_ENV": "production", **_TELEMETRY}
    if "react-scripts build" in reachable_text(facts.app.manifest, "build"):
        env["CI"] = "false"  # with CI every lint warning fails its build
    majors = ((facts.app.manifest.major(tool), first) for tool, first in _MD4.items())
    if any(major is not None and major < first for major, first in majors) and _has_openssl_3(
        facts
    ):
        env["NODE_OPTIONS"] = "--openssl-legacy-provider"
    return {**env, **(facts.server.build_env if facts.server else {})}


def _has_openssl_3(facts: Facts) -> bool:
    node = facts.versions[0]
    return node.tool == "node" and int(node.version.partition(".")[0]) >= 17
