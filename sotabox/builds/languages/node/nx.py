"""Nx with one manifest for all its apps: which of them is meant, and where its build goes."""

import re
from dataclasses import dataclass
from posixpath import dirname, normpath
from typing import Final

from sotabox.builds.languages.node.app import App
from sotabox.builds.languages.node.config import read_config
from sotabox.builds.languages.node.manifest import parse_json5

_PROJECTS: Final = ("project.json", "{apps,packages}/*/project.json")
#: Scripts that say which project is meant: `nx serve api`, `npx nx run api:serve`.
_NAMED: Final = re.compile(r"\bnx\s+(?:serve|build|run|start|preview)\s+([\w@/-]+)")
#: Executors that leave a site of files, and where in their output it lies.
_SITES: Final = (
    (re.compile(r"[:/]vite:|:vite\b"), ""),
    (re.compile(r"angular.*:application$"), "/browser"),
    (re.compile(r"angular.*:(?:webpack-)?browser(?:-esbuild)?$"), ""),
)


@dataclass(frozen=True, slots=True)
class NxProject:
    """A project of an Nx workspace: `output` is its build's directory, `site` if that is files."""

    name: str
    output: str
    site: bool


def nx_project(app: App) -> NxProject | None:
    """The project that RAILPACK_NX_APP or a script names, else the only one; None without Nx."""
    if not app.files.exists("nx.json"):
        return None
    paths = (path for pattern in _PROJECTS for path in app.files.glob(pattern))
    projects = [project for path in paths if (project := _read(app, path))]
    scripts = (app.manifest.scripts.get(name, "") for name in ("start", "build"))
    named = [found[1] for script in scripts if (found := _NAMED.search(script))]
    if wish := app.overrides.railpack.get("NX_APP"):
        named, projects = [wish], [project for project in projects if project.name == wish]
    chosen = next((p for name in named for p in projects if p.name == name), None)
    return chosen or (projects[0] if len(projects) == 1 else None)


def _read(app: App, path: str) -> NxProject | None:
    directory = dirname(path)
    try:
        data = parse_json5(app.files.read(path) or "")
        name = str(data.get("name") or directory.rpartition("/")[2])
        build = data.get("targets", {}).get("build")
        if build is None:
            return _inferred(app, directory, name)
        executor = str(build.get("executor", ""))
        output = normpath(str(build.get("options", {}).get("outputPath") or f"dist/{directory}"))
    except (ValueError, TypeError, AttributeError):
        return None
    within = next((place for known, place in _SITES if known.search(executor)), None)
    return NxProject(name, f"{output}{within or ''}", within is not None)


def _inferred(app: App, directory: str, name: str) -> NxProject | None:
    """A project whose target Nx's plugins take from the configuration of its tool."""
    files = app.files.subtree(directory) if directory else app.files
    for tool, site in (("vite.config", True), ("webpack.config", False)):
        config = read_config(files, tool)
        if config.path:
            up = "../" * len(directory.split("/")) if directory else ""
            output = config.string("outDir") or f"{up}dist/{directory}"
            return NxProject(name, normpath(f"{directory or '.'}/{output}"), site)
    return None
