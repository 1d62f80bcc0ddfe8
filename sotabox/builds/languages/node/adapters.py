"""Frameworks that build for one platform or another, by the adapter that their configuration names.

An adapter of somebody else's platform makes nothing that could run here: that is said before the
build, with what to put in its place.
"""

import re
from collections.abc import Mapping
from typing import Final

from sotabox.builds.languages.node.app import App
from sotabox.builds.languages.node.config import read_config
from sotabox.builds.languages.node.kinds import Refusal, Server, Site
from sotabox.builds.languages.node.scripts import follow_script

_SVELTE: Final = re.compile(r"@sveltejs/adapter-([\w-]+)")
_ASTRO: Final = re.compile(r"@astrojs/(node|vercel|netlify|cloudflare|deno)\b")
#: What makes a page of Astro on request: then its build is a server.
_ON_REQUEST: Final = re.compile(r"\bprerender\s*=\s*false\b|\bserver:defer\b")
_PAGES: Final = "src/**/*.{astro,ts,js,mts,mjs,tsx,jsx}"
#: Where an adapter puts a site that has no page on request, if not in Astro's own directory.
ASTRO_SITES: Final[Mapping[str, str]] = {"vercel": ".vercel/output/static"}

_QWIK: Final = ("@builder.io/qwik-city", "@qwik.dev/router")
#: Qwik's adapters that make a server which Node runs; its entry has their name.
_QWIK_SERVERS: Final = ("express", "fastify", "node-server", "cloud-run")


def svelte_adapter(app: App) -> str:
    """The adapter of a SvelteKit app, without what all their names begin with; "" if it has none."""
    config = read_config(app.files, "svelte.config").text
    named = set(_SVELTE.findall(config))
    if len(named) == 1:
        return str(named.pop())
    listed = [found for found in map(_SVELTE.fullmatch, _known(app)) if found]
    installed = {found[1] for found in listed} & named if named else {f[1] for f in listed}
    order = ("node", "static", "auto")
    return next((n for n in order if n in installed), next(iter(sorted(installed)), ""))


def refuse_svelte(app: App, adapter: str) -> Refusal | None:
    """Why a SvelteKit app can't run here, if so."""
    if adapter in ("node", "static", "auto"):
        return None
    if not adapter:
        if "adapter" in read_config(app.files, "svelte.config").text:
            return None  # somebody else's, which may well be for any machine
        return Refusal(
            "This SvelteKit app has no adapter, so its build makes nothing that can be started",
            "Install @sveltejs/adapter-node and name it in svelte.config.js "
            "(or @sveltejs/adapter-static for a site of files).",
        )
    return Refusal(
        f"This SvelteKit app is built for another platform: it uses @sveltejs/adapter-{adapter}",
        "Use @sveltejs/adapter-node in svelte.config.js (or @sveltejs/adapter-static for a site of "
        "files); 'npm install --save-dev @sveltejs/adapter-node' installs it.",
    )


def astro_adapter(app: App) -> str:
    """The adapter that an Astro configuration names, such as `node`; "" if it names none."""
    found = _ASTRO.search(read_config(app.files, "astro.config").text)
    return found[1] if found else ""


def astro_serves(app: App) -> bool:
    """Whether Astro's build is a server: with Node's adapter, or where any page is made on request."""
    config = read_config(app.files, "astro.config")
    if astro_adapter(app) == "node":
        return True  # also where all pages lie there: its server then serves those
    if config.string("output") in ("server", "hybrid") or app.files.exists("src/actions"):
        return True
    if config.string("output") == "static" and not astro_adapter(app):
        return False
    pages = (app.files.read(path) or "" for path in app.files.glob(_PAGES))
    return any(_ON_REQUEST.search(text) for text in pages)


def refuse_astro(adapter: str) -> Refusal | None:
    """Why an Astro server can't run here, if so."""
    if adapter == "node":
        return None
    use = "'npx astro add node' puts @astrojs/node in its place"
    if not adapter:
        return Refusal(
            "This Astro app makes pages on request, but astro.config names no adapter that this box "
            "knows",
            f"{use}; or take output 'server' out, for a site of files.",
        )
    return Refusal(
        f"This Astro app is built for another platform: it uses @astrojs/{adapter}",
        f"{use} (mode 'standalone'); or let all its pages be prerendered, for a site of files.",
    )


def read_qwik(app: App) -> Server | None:
    """A Qwik City app that is a server, or for which nothing was chosen that could run here."""
    name = app.manifest.has(*_QWIK)
    if not name or qwik_site(app) is not None:
        return None
    adapters = _qwik_adapters(app)
    chosen = next((adapter for adapter in _QWIK_SERVERS if adapter in adapters), "")
    script = follow_script(app.manifest, "serve")
    return Server(
        slug="qwik",
        why=f"the dependency {name}" + (f", adapters/{chosen}" if chosen else ""),
        start=(script.command if script else "") or f"node server/entry.{chosen}",
        tools=("vite", "qwik"),
        build="qwik build",
        needs=name,  # beside what the server imports, all of which Qwik puts among those for development
        refusal=None
        if chosen
        else Refusal(
            "This Qwik app has no adapter for a server"
            + (f" of its own (found: {', '.join(adapters)})" if adapters else ""),
            "'npm run qwik add express' makes one; 'npm run qwik add static' makes a site of files.",
        ),
    )


def qwik_site(app: App) -> Site | None:
    """A Qwik City app that is a site of files."""
    name = app.manifest.has(*_QWIK)
    adapters = _qwik_adapters(app)
    if not name or "static" not in adapters or set(_QWIK_SERVERS) & set(adapters):
        return None
    return Site(slug="qwik", why="adapters/static", output="dist", build="qwik build")


def _qwik_adapters(app: App) -> list[str]:
    paths = app.files.glob("adapters/*/vite.config.*")
    return [path.split("/")[1] for path in paths]


def _known(app: App) -> tuple[str, ...]:
    return (*app.manifest.dependencies, *app.root.dependencies)
