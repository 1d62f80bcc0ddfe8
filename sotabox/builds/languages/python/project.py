"""`pyproject.toml` and `Pipfile` as the other modules read them: tolerant of what is missing."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sotabox.builds.languages.python.requirements import (
    Dependencies,
    joined,
    normalise,
    parse_requirements,
)
from sotabox.builds.source import Tree
from sotabox.errors import Invalid


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """What `pyproject.toml` says; everything is empty where there is none.

    `standard`: it has `[project]`. `poetry`: dependencies stand in `[tool.poetry]`. `dynamic`: they
    are computed by the build backend. `package`: `[build-system]` says that it can be installed, by
    `backend`. `computed`: more than `pyproject.toml` is needed to tell its metadata or its files.
    """

    exists: bool = False
    name: str = ""
    standard: bool = False
    poetry: bool = False
    dynamic: bool = False
    package: bool = False
    backend: str = ""
    computed: bool = False
    dependencies: Dependencies = field(default_factory=Dependencies)
    requires_python: str = ""
    scripts: Mapping[str, str] = field(default_factory=dict)
    workspace: tuple[str, ...] = ()
    uv: Mapping[str, Any] = field(default_factory=dict)

    @property
    def tools_only(self) -> bool:
        """It configures tools (a linter) and says nothing of an app."""
        return self.exists and not (self.standard or self.poetry or self.package or self.workspace)


def read_project(tree: Tree, directory: str = "") -> Project:
    """The project of `directory`.

    Raises:
        Invalid: the file is no TOML.
    """
    path = f"{directory}/pyproject.toml" if directory else "pyproject.toml"
    if (data := _toml(tree, path)) is None:
        return Project()
    project, tool = _table(data.get("project")), _table(data.get("tool"))
    poetry, uv = _table(tool.get("poetry")), _table(tool.get("uv"))
    main = _table(poetry.get("dependencies"))
    listed = parse_requirements(_texts(project.get("dependencies")))
    sources = _table(uv.get("sources")).values()
    return Project(
        exists=True,
        name=str(project.get("name") or poetry.get("name") or ""),
        standard=bool(project),
        poetry=bool(main) and "dependencies" not in project,
        dynamic="dependencies" in _texts(project.get("dynamic")),
        package="build-system" in data and uv.get("package") is not False,
        backend=str(_table(data.get("build-system")).get("build-backend", "")),
        computed=bool(project.get("dynamic")) or _is_custom(tool),
        dependencies=joined(listed, _poetry(main), *(_source(s) for s in sources)),
        requires_python=str(project.get("requires-python") or main.get("python") or ""),
        scripts={
            name: entry
            for name, entry in {
                **_table(poetry.get("scripts")),
                **_table(project.get("scripts")),
            }.items()
            if isinstance(entry, str)
        },
        workspace=tuple(_texts(_table(uv.get("workspace")).get("members"))),
        uv=uv,
    )


def read_pipfile(tree: Tree) -> tuple[Dependencies, Mapping[str, str]]:
    """The packages of the `Pipfile` and its `[requires]`; both empty where there is none.

    Raises:
        Invalid: the file is no TOML.
    """
    data = _toml(tree, "Pipfile") or {}
    packages = _poetry(_table(data.get("packages")))
    requires = _table(data.get("requires"))
    return packages, {k: v for k, v in requires.items() if isinstance(v, str)}


def _toml(tree: Tree, path: str) -> Mapping[str, Any] | None:
    text = tree.read(path)
    if text is None:
        return None
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise Invalid(
            f"{path} is not valid TOML: {error}", hint="Correct the file and deploy again."
        ) from error


def _is_custom(tool: Mapping[str, Any]) -> bool:
    """Whether the build is told to do more than to take a directory as it is."""
    places = (
        _table(_table(tool.get("hatch")).get("build")),
        _table(tool.get("setuptools")),
        _table(_table(tool.get("pdm")).get("build")),
        _table(tool.get("uv")).get("build-backend"),
        _table(tool.get("poetry")).get("build"),
    )
    plain = {"packages", "targets", "wheel", "include-package-data", "exclude", "include"}
    return any(not _keys(place) <= plain for place in places)


def _keys(value: Any) -> set[str]:
    """The names of a table and of those in it; of another value, that it is there."""
    if not isinstance(value, dict):
        return set() if value is None else {"value"}
    nested = (_keys(inner) for inner in value.values() if isinstance(inner, dict))
    return set(value).union(*nested)


def _poetry(table: Mapping[str, Any]) -> Dependencies:
    """Dependencies in Poetry's and Pipenv's form: `name = "^1"` or `name = {extras = […], …}`."""
    extras: dict[str, frozenset[str]] = {}
    parts = []
    for name, value in table.items():
        if name == "python":
            continue
        first = value[0] if isinstance(value, list) and value else value
        row = _table(first)
        extras[normalise(name)] = frozenset(map(normalise, _texts(row.get("extras"))))
        parts.append(_source(row))
    return joined(Dependencies(extras=extras), *parts)


def _source(row: Any) -> Dependencies:
    """Whether a dependency's table names a place in the tree or a Git repository."""
    row = row[0] if isinstance(row, list) and row else row
    keys = _table(row).keys()
    return Dependencies(local=bool({"path", "file"} & keys), git="git" in keys)


def _table(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _texts(value: Any) -> Iterable[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
