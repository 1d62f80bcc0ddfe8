"""What `angular.json` says: which project, and where its build goes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sotabox.builds.languages.node.app import App
from sotabox.builds.languages.node.manifest import parse_json5

_NOTHING: Final[Mapping[str, Any]] = {}


@dataclass(frozen=True, slots=True)
class Project:
    """A project of an Angular workspace: its build's options and its directories."""

    name: str
    options: Mapping[str, Any]
    output: str  # the build's directory
    browser: str  # the one with index.html

    @property
    def renders(self) -> bool:
        """Whether its build makes a server, too."""
        asked = self.options.get("server") or self.options.get("ssr")
        return bool(asked) and self.options.get("outputMode") != "static"


def angular_project(app: App) -> Project | None:
    """The project to build: the one asked for, the default one, else the first application."""
    try:
        data = parse_json5(app.files.read("angular.json") or "")
    except ValueError:
        return None
    projects = _mapping(_mapping(data).get("projects"))
    named = (app.overrides.railpack.get("ANGULAR_PROJECT"), _mapping(data).get("defaultProject"))
    applications = (n for n, p in projects.items() if _mapping(p).get("projectType") != "library")
    name = next((n for n in (*named, *applications) if n in projects), None)
    return None if name is None else _project(str(name), _mapping(projects[name]))


def _project(name: str, data: Mapping[str, Any]) -> Project:
    targets = _mapping(data.get("architect") or data.get("targets"))
    build = _mapping(targets.get("build"))
    options = _mapping(build.get("options"))
    path = options.get("outputPath")
    browser = (
        "browser" if str(build.get("builder", ":application")).endswith(":application") else ""
    )
    if isinstance(path, dict):
        browser = str(path.get("browser", "browser"))
        path = path.get("base")
    output = str(path or f"dist/{name}").strip("/")
    return Project(name, options, output, f"{output}/{browser}".rstrip("/"))


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else _NOTHING
