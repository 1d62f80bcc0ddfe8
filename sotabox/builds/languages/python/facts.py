"""What the start of an app is found from, and what is found."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sotabox.builds.languages.python.django import Django
from sotabox.builds.languages.python.project import Project
from sotabox.builds.languages.python.requirements import Dependencies
from sotabox.builds.source import Tree


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """A start command and why. `root`: the directory that goes on the module path ("" is none).

    `directory`: where it runs. `file`: the one that runs, if it is one. `added`: requirements that are
    installed for it. `build`: what is made before it can start, with these `runtimes` of JavaScript.
    """

    framework: str
    command: str
    why: str
    root: str = ""
    directory: str = ""
    file: str = ""
    env: Mapping[str, str] = field(default_factory=dict)
    added: tuple[str, ...] = ()
    build: str = ""
    runtimes: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the start is found from. `python`: the version that runs it."""

    tree: Tree
    project: Project
    dependencies: Dependencies
    django: Django | None
    python: str
