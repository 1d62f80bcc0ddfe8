"""Nx with one manifest for all its apps: which of them is meant, and where its build goes."""

from dataclasses import dataclass
from posixpath import dirname, normpath

from sotabox.builds.languages.node.app import App
from sotabox.builds.languages.node.config import read_config
from sotabox.builds.languages.node.manifest import parse_json5


@dataclass(frozen=True, slots=True)
class NxProject:
    """A project of an Nx workspace: `output` is its build's directory, `site` if that is files."""

    name: str
    output: str
    site: bool


def nx_project(app: App) -> NxProject | None:
    """The project that RAILPACK_NX_APP names, else the only one that is built; None without Nx."""
    if not app.files.exists("nx.json"):
        return None
    wish = app.overrides.railpack.get("NX_APP")
    found = [_read(app, path) for path in app.files.glob("{apps,packages}/*/project.json")]
    projects = [project for project in found if project and wish in (None, project.name)]
    return projects[0] if len(projects) == 1 else None


def _read(app: App, path: str) -> NxProject | None:
    directory = dirname(path)
    try:
        data = parse_json5(app.files.read(path) or "")
        build = data.get("targets", {}).get("build")
        if build is None:
            return _inferred(app, directory, str(data.get("name") or directory.rpartition("/")[2]))
        executor = str(build.get("executor", ""))
        output = str(build.get("options", {}).get("outputPath") or f"dist/{directory}")
        name = str(data.get("name") or directory.rpartition("/")[2])
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return NxProject(name, output.removeprefix("./"), ":vite" in executor or "vite:" in executor)


def _inferred(app: App, directory: str, name: str) -> NxProject | None:
    """A project whose target Nx's plugins take from the configuration of its tool."""
    files = app.files.subtree(directory)
    for tool, site in (("vite.config", True), ("webpack.config", False)):
        config = read_config(files, tool)
        if config.path:
            output = (
                config.string("outDir") or f"{'../' * (directory.count('/') + 1)}dist/{directory}"
            )
            return NxProject(name, normpath(f"{directory}/{output}"), site)
    return None
