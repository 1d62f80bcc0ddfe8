"""Frameworks that run as a server: how each is told, built and started."""

from typing import Final

from sotabox.builds.languages.node.adapters import (
    astro_adapter,
    astro_serves,
    read_qwik,
    refuse_astro,
    refuse_svelte,
    svelte_adapter,
)
from sotabox.builds.languages.node.angular import angular_project
from sotabox.builds.languages.node.app import App
from sotabox.builds.languages.node.config import clean_path, read_config
from sotabox.builds.languages.node.kinds import ReadServer, Server
from sotabox.builds.languages.node.libraries import read_library
from sotabox.builds.languages.node.suites import READERS as SUITES
from sotabox.builds.plan import BUILD, Carry

#: Serves a build that only answers requests, and its files; installed where the app lists no server.
_SRVX: Final = "srvx@1.0.8"


def find_server(app: App) -> Server | None:
    """The most special framework among the app's dependencies; None if there is none known."""
    for read in _READERS:
        if (server := read(app)) is not None:
            return server
    return None


def _nextjs(app: App) -> Server | None:
    config = read_config(app.files, "next.config")
    if not (app.manifest.has("next") or config.path):
        return None
    why = config.path or "the dependency next"
    custom = "server.js" in app.manifest.scripts.get("start", "") and app.files.exists("server.js")
    common = {"HOSTNAME": "0.0.0.0"}  # noqa: S104 - the container's own interfaces
    if config.string("output") != "standalone" or custom:
        return Server(
            slug="nextjs", why=why, start="next start", build="next build", env=common, needs="next"
        )
    out = config.string("distDir") or ".next"
    alone = [
        Carry(BUILD, app.image_path(out, "standalone"), "/app"),
        Carry(BUILD, app.image_path(out, "static"), app.image_path(out, "static")),
    ]
    if app.files.exists("public"):
        alone.append(Carry(BUILD, app.image_path("public"), app.image_path("public")))
    return Server(
        slug="nextjs",
        why=f"{why}, standalone",
        start="node server.js",
        tools=("node",),
        build="next build",
        alone=tuple(alone),
        env=common,
    )


def _output(
    slug: str, names: tuple[str, ...], build: str, tools: tuple[str, ...], file: str
) -> ReadServer:
    """A reader of a framework whose build makes a directory that runs alone (Nitro's way)."""

    def read(app: App) -> Server | None:
        if not (name := app.manifest.has(*names)):
            return None
        out = file.partition("/")[0] if file.startswith(".") else "dist"
        return Server(
            slug=slug,
            why=f"the dependency {name}",
            start=f"node {file}",
            tools=tools,
            build=build,
            alone=(Carry(BUILD, app.image_path(out), app.image_path(out)),),
        )

    return read


def _nuxt_2(app: App) -> Server | None:
    """The one before Nitro: what it builds needs the whole of Nuxt to run."""
    if app.manifest.major("nuxt") != 2:
        return None
    return Server(
        slug="nuxt",
        why="the dependency nuxt, in version 2",
        start="nuxt start",
        tools=("nuxt",),
        build="nuxt build",
        needs="nuxt",
    )


def _remix(app: App) -> Server | None:
    name = app.manifest.has("@remix-run/dev", "@remix-run/react", "@remix-run/node")
    if not name:
        return None
    return Server(
        slug="remix",
        why=f"the dependency {name}",
        start="remix-serve build/server/index.js"
        if app.manifest.has("vite")
        else "remix-serve build/index.js",
        tools=("remix", "vite"),
        build="remix vite:build" if app.manifest.has("vite") else "remix build",
        needs="@remix-run/serve",
    )


def _react_router(app: App) -> Server | None:
    config = read_config(app.files, "react-router.config")
    if not (app.manifest.has("@react-router/dev") or config.path):
        return None
    return Server(
        slug="react-router",
        why=config.path or "the dependency @react-router/dev",
        start=f"react-router-serve {config.string('buildDirectory') or 'build'}/server/index.js",
        tools=("react-router", "vite"),
        build="react-router build",
        needs="@react-router/serve",
    )


def _sveltekit(app: App) -> Server | None:
    if not app.manifest.has("@sveltejs/kit"):
        return None
    env = {"PROTOCOL_HEADER": "x-forwarded-proto", "HOST_HEADER": "x-forwarded-host"}
    config = read_config(app.files, "svelte.config")
    adapter = svelte_adapter(app)
    return Server(
        slug="sveltekit",
        why=f"the dependency @sveltejs/kit, {f'adapter-{adapter}' if adapter else 'its adapter'}",
        start=f"node {config.string('out') or 'build'}",
        tools=("vite", "svelte-kit"),
        build="vite build",
        env=env,
        build_env={"GCP_BUILDPACKS": "true"} if adapter == "auto" else {},
        refusal=refuse_svelte(app, adapter),
    )


def _astro(app: App) -> Server | None:
    if not app.manifest.has("astro"):
        return None
    if not astro_serves(app):
        return None
    config = read_config(app.files, "astro.config")
    adapter = astro_adapter(app) or ("node" if app.manifest.has("@astrojs/node") else "")
    out = clean_path(config.string("outDir") or "dist")
    return Server(
        slug="astro",
        why=f"the dependency astro, {f'@astrojs/{adapter}' if adapter else 'pages on request'}",
        start=f"node {out}/server/entry.mjs",
        tools=("astro",),
        build="astro build",
        needs="astro",
        refusal=refuse_astro(adapter),
    )


def _tanstack_start(app: App) -> Server | None:
    if not (name := app.manifest.has("@tanstack/react-start", "@tanstack/solid-start")):
        return None
    if app.manifest.has("nitro", "nitropack", "@tanstack/nitro-v2-vite-plugin", "vinxi"):
        start, added = "node .output/server/index.mjs", ""
    else:
        start = "srvx --prod -s ../client dist/server/server.js"
        added = "" if app.manifest.has("srvx") or app.manifest.scripts.get("start") else _SRVX
    return Server(
        slug="tanstack-start",
        why=f"the dependency {name}",
        start=start,
        tools=("vite", "vinxi"),
        build="vite build",
        # What the build makes imports the app's packages, whichever group they are in.
        needs="srvx" if start.startswith("srvx") else "",
        added=added,
    )


def _angular(app: App) -> Server | None:
    if not app.manifest.has("@angular/ssr"):
        return None
    project = angular_project(app)
    if project is None or not project.renders:
        return None
    return Server(
        slug="angular",
        why="@angular/ssr and its option in angular.json",
        start=f"node {project.output}/server/server.mjs",
        tools=("ng",),
        build="ng build",
        # The box's router lets through only the app's own hosts; without it others are refused.
        env={"NG_ALLOWED_HOSTS": "*"},
        needs="@angular/ssr",
    )


_READERS: Final[tuple[ReadServer, ...]] = (
    _nextjs,
    _nuxt_2,
    _output("nuxt", ("nuxt", "nuxt3"), "nuxt build", ("nuxt", "nuxi"), ".output/server/index.mjs"),
    _remix,
    _react_router,
    _sveltekit,
    _astro,
    _tanstack_start,
    _output(
        "solidstart",
        ("@solidjs/start", "solid-start"),
        "vinxi build",
        ("vinxi", "vite"),
        ".output/server/index.mjs",
    ),
    _output(
        "analog",
        ("@analogjs/platform",),
        "vite build",
        ("vite", "ng", "nx"),
        "dist/analog/server/index.mjs",
    ),
    _output(
        "nitro",
        ("nitropack", "nitro"),
        "nitro build",
        ("nitro", "nitropack"),
        ".output/server/index.mjs",
    ),
    _angular,
    read_qwik,
    *SUITES,
    read_library,
)
