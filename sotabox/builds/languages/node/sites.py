"""Frameworks whose build leaves a site of files: how each is told, and where the files go."""

import re
from typing import Final

from sotabox.builds.languages.node.adapters import (
    ASTRO_SITES,
    astro_adapter,
    astro_serves,
    qwik_site,
    svelte_adapter,
)
from sotabox.builds.languages.node.angular import angular_project
from sotabox.builds.languages.node.app import App
from sotabox.builds.languages.node.config import Config, clean_path, read_config
from sotabox.builds.languages.node.generators import READERS as GENERATORS
from sotabox.builds.languages.node.kinds import ReadSite, Site
from sotabox.builds.languages.node.libraries import read_library
from sotabox.builds.languages.node.nx import nx_project
from sotabox.builds.languages.node.scripts import follow_script, program_of, reachable_text

#: Start commands that belong to a site of files: previews and development servers.
_OWN_START: Final = frozenset({
    "vite", "astro", "ng", "expo", "react-scripts", "react-router-serve", "serve", "http-server",
    "vue-cli-service", "gatsby", "docusaurus", "vitepress", "eleventy", "webpack", "webpack-dev-server",
    "parcel", "live-server", "nuxt", "nuxi", "next", "react-router", "sirv", "lite-server", "craco",
    "react-app-rewired", "npm-run-all", "storybook", "ember", "preact", "rsbuild", "slidev", "vuepress",
    "nx", "farm", "umi", "max", "quasar", "stencil", "observable", "rspress", "hexo", "docsify", "ladle",
    "histoire", "greenwood", "styleguidist",
})  # fmt: skip

#: Frameworks that build with Vite and make a server, unless their own reader found a site.
_MORE_THAN_VITE: Final = (
    "@sveltejs/kit", "@tanstack/react-start", "@tanstack/solid-start", "@react-router/dev",
    "@remix-run/dev", "@remix-run/react", "@solidjs/start", "@analogjs/platform", "astro", "next",
    "nitro", "nitropack", "nuxt", "@builder.io/qwik-city", "@qwik.dev/router",
)  # fmt: skip
#: Where pages lie that a build only completes.
_ROOTS: Final = ("public", "dist", "www", "docs", "site", "static", ".")


def find_site(app: App) -> Site | None:
    """The site that the app's build makes; None if the app is a server or forbids it."""
    overrides = app.overrides
    forced = overrides.static_root or overrides.railpack.get("SPA_OUTPUT_DIR")
    if forced is not None:
        found = _first(app)
        origin = (
            overrides.origin("static_root") if overrides.static_root else "RAILPACK_SPA_OUTPUT_DIR"
        )
        return Site(
            slug=found.slug if found else "static",
            why=f"{origin} names its output",
            output=clean_path(forced),
            fallback=found.fallback if found else not overrides.static_root,
            build=found.build if found else None,
        )
    if overrides.start or overrides.flag("NO_SPA") or has_real_start(app):
        return None
    return _first(app)


def has_real_start(app: App) -> bool:
    """Whether the start script starts a server of the app's own."""
    script = follow_script(app.manifest, "start")
    if script is None:
        return False
    command = re.split(r"\s*(?:&&|;|\|)\s*", script.command)[-1]
    return program_of(command) not in _OWN_START


def _first(app: App) -> Site | None:
    return next((site for read in _READERS if (site := read(app)) is not None), None)


def _nextjs(app: App) -> Site | None:
    config = read_config(app.files, "next.config")
    if not app.manifest.has("next") or config.string("output") != "export":
        return None
    output = config.string("distDir")
    return Site(
        slug="nextjs",
        why=f"{config.path} exports it",
        output=clean_path(output or "out"),
        build="next build",
    )


def _nuxt(app: App) -> Site | None:
    if not app.manifest.has("nuxt"):
        return None
    build = reachable_text(app.manifest, "build") or reachable_text(app.manifest, "generate")
    config = read_config(app.files, "nuxt.config")
    if re.search(r"\bnux[ti] generate\b", build):
        why = "its script runs nuxt generate"
    elif config.string("preset") == "static":
        why = f"{config.path} has the preset static"
    else:
        return None
    output = "dist" if app.manifest.major("nuxt") == 2 else ".output/public"
    return Site(slug="nuxt", why=why, output=output, build="nuxt generate")


def _remix(app: App) -> Site | None:
    config = read_config(app.files, "vite.config")
    if not app.manifest.has("@remix-run/dev") or not config.is_set_to("ssr", "false"):
        return None
    return Site(
        slug="remix",
        why=f"{config.path} sets ssr: false",
        output="build/client",
        fallback=True,
        build="remix vite:build",
    )


def _sveltekit(app: App) -> Site | None:
    if not app.manifest.has("@sveltejs/kit") or svelte_adapter(app) != "static":
        return None
    config = read_config(app.files, "svelte.config")
    # A fallback page other than 404.html answers every path: the app routes in the browser.
    fallback = config.string("fallback") in {"index.html", "200.html"}
    return Site(
        slug="sveltekit",
        why="the dependency @sveltejs/adapter-static",
        output=clean_path(config.string("pages") or "build"),
        fallback=fallback,
        build="vite build",
    )


def _react_router(app: App) -> Site | None:
    config = read_config(app.files, "react-router.config")
    if not config.is_set_to("ssr", "false"):
        return None
    directory = clean_path(config.string("buildDirectory") or "build")
    return Site(
        slug="react-router",
        why=f"{config.path} sets ssr: false",
        output=f"{directory}/client",
        fallback=True,
        build="react-router build",
    )


def _astro(app: App) -> Site | None:
    if not app.manifest.has("astro") or astro_serves(app):
        return None
    config = read_config(app.files, "astro.config")
    out = ASTRO_SITES.get(astro_adapter(app)) or config.string("outDir") or "dist"
    return Site(
        slug="astro",
        why="the dependency astro, without a page on request",
        output=clean_path(out),
        build="astro build",
    )


def _vite(app: App) -> Site | None:
    name = app.manifest.has("vite", "rolldown-vite")
    build = reachable_text(app.manifest, "build")
    config = read_config(app.files, "vite.config")
    if not name or not build or not (config.path or "vite build" in build):
        return None
    if re.search(r"\bvite build\b[^&|;\n]* --ssr\b", build):
        return None  # what it builds beside the pages is imported by a server of the app's own
    if app.manifest.has(*_MORE_THAN_VITE):
        return None
    if _is_library(config):
        return None
    return Site(
        slug="vite",
        why=f"the dependency {name} and its build",
        output=_vite_output(config, build),
        fallback=True,
    )


def _vite_output(config: Config, build: str) -> str:
    """Where Vite's build goes: a path as it stands is relative to the root that it builds."""
    option = re.search(r"--outDir[ =]['\"]?([^\s'\"]+)", build)
    if not option and (resolved := config.resolved("outDir")):
        return clean_path(resolved)
    named = re.search(r"\bvite build +(?!-)([^\s'\"&|;]+)", build)
    root = named[1] if named else config.resolved("root") or config.string("root") or "."
    output = option[1] if option else config.string("outDir") or "dist"
    return clean_path(f"{clean_path(root)}/{output}")


def _is_library(config: Config) -> bool:
    return re.search(r"\blib\s*:\s*\{", config.text) is not None


def _nx(app: App) -> Site | None:
    project = nx_project(app)
    script = app.manifest.scripts.get("build", "nx")
    if project is None or not project.site or not re.match(r"(?:npx )?nx\b", script):
        return None
    slug = "angular" if app.manifest.has("@angular/core") else "vite"
    why = f"the Nx project {project.name}"
    return Site(slug=slug, why=why, output=clean_path(project.output), fallback=True)


def _angular(app: App) -> Site | None:
    if app.manifest.has("@analogjs/platform") or not app.manifest.has("@angular/core"):
        return None
    if "ng build" not in reachable_text(app.manifest, "build"):
        return None
    project = angular_project(app)
    if project is None or (project.renders and app.manifest.has("@angular/ssr")):
        return None
    return Site(
        slug="angular",
        why=f"the project {project.name} in angular.json",
        output=clean_path(project.browser),
        fallback=True,
        build="ng build",
    )


def _storybook(app: App) -> Site | None:
    """A library of components, whose book is all that can be shown."""
    script = "build-storybook"
    if not app.manifest.has("storybook") or script not in app.manifest.scripts:
        return None
    option = re.search(r"(?:-o|--output-dir)[ =]([^\s'\"]+)", app.manifest.scripts[script])
    return Site(
        slug="storybook",
        why=f"the script {script}",
        output=clean_path(option[1] if option else "storybook-static"),
        script=script,
    )


def _plain(app: App) -> Site | None:
    """Pages that lie there already, for which the build makes scripts and styles."""
    manifest = app.manifest
    if app.directory or "start" in manifest.scripts or "build" not in manifest.scripts:
        return None
    if manifest.main and app.files.exists(manifest.main.removeprefix("./")):
        return None
    files = (
        path.removesuffix("index.html").rstrip("/") or "."
        for path in app.files.glob("{,*/}index.html")
    )
    found = set(files)
    root = next((root for root in _ROOTS if root in found), None)
    if root is None or read_library(app) is not None:
        return None
    why = f"{'' if root == '.' else f'{root}/'}index.html, and no server"
    return Site(slug="static", why=why, output=root)


_READERS: Final[tuple[ReadSite, ...]] = (
    _nextjs,
    _nuxt,
    _remix,
    _react_router,
    _sveltekit,
    _astro,
    qwik_site,
    *GENERATORS,
    _angular,
    _nx,
    _vite,
    _storybook,
    _plain,
)
