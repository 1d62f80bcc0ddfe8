"""Nx with one manifest for all its apps: which of them is meant, and where its build goes."""

from dataclasses import dataclass
from posixpath import dirname

from sotabox.builds.languages.node.app import App
from sotabox.builds.languages.node.manifest import parse_json5


@dataclass(frozen=True, slots=True)
class NxProject:
    """A project of an Nx workspace: `output` is its build's directory, `site` if that is files."""

    name: str
    output: str
    site: bool


def nx_project(app: App) -> NxProject | None:
    """The project that RAILPACK_NX_APP names, else the only one in `apps/`; None without Nx."""
    if not app.files.exists("nx.json"):
        return None
    wish = app.overrides.railpack.get("NX_APP")
    found = [_read(app, path) for path in app.files.glob("apps/*/project.json")]
    projects = [project for project in found if project and wish in (None, project.name)]
    return projects[0] if len(projects) == 1 else None


def _read(app: App, path: str) -> NxProject | None:
    directory = dirname(path)
    try:
        data = parse_json5(app.files.read(path) or "")
        build = data["targets"]["build"]
        executor = str(build.get("executor", ""))
        output = str(build.get("options", {}).get("outputPath") or f"dist/{directory}")
        name = str(data.get("name") or directory.rpartition("/")[2])
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return NxProject(name, output.removeprefix("./"), ":vite" in executor or "vite:" in executor)
