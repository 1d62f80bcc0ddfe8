"""The build plan: everything that we decided about a source tree, and why.

Frozen data between deciding and doing: `detect` writes it, `dockerfile` and `explain` read it, the
deployment's row keeps it (`to_json`), nothing patches it. Standard dataclasses, not structs: a plan
never crosses the wire by itself, and this room needs no codec for it.

How a build runs, in the words used here:

    toolchain   an image with packages and variables in which code is installed and built
    dependencies   its first stage: manifests only, then `install`; untouched by a changed source
    build       its second stage: the source, then `build`
    run         the final stage: the run image, its packages, and what is carried into it
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from types import UnionType
from typing import Any, Final, Union, get_args, get_origin, get_type_hints

#: The port of an app that says nothing else; it is told to the app as `PORT`.
DEFAULT_PORT: Final = 8080
#: Where the app lives in every image that we make.
APP_DIR: Final = "/app"

#: Names of the places that something is carried from.
SOURCE: Final = "source"  # the uploaded tree
DEPENDENCIES: Final = "dependencies"  # the main toolchain after `install`
BUILD: Final = "build"  # the main toolchain after `build`


class BuildMethod(StrEnum):
    """Who decides how the image is made."""

    DOCKERFILE = "dockerfile"  # the app's own
    AUTO = "auto"  # our detection
    RAILPACK = "railpack"  # Railpack, where it is installed


@dataclass(frozen=True, slots=True)
class Reason:
    """One decision: what was decided, and what it was read from."""

    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Version:
    """A tool's version; `version` is an image tag's beginning, such as `22` or `3.12.7`."""

    tool: str
    version: str
    why: str


@dataclass(frozen=True, slots=True)
class Cache:
    """A directory that outlives a build step and never enters the image.

    `name` is the tool's (`npm`, `pip`); the renderer prefixes the project, as a shared cache lets
    one project poison another. `locked`: one build at a time may use it.
    """

    name: str
    target: str
    locked: bool = False


@dataclass(frozen=True, slots=True)
class Bind:
    """A directory of another stage, seen by one step at `target`; writes to it are thrown away."""

    stage: str
    path: str
    target: str


@dataclass(frozen=True, slots=True)
class Step:
    """One command of a stage: POSIX shell, run in `/app` by root.

    `always`: it runs after a person's own command, too, which replaces the others.
    """

    run: str
    caches: tuple[Cache, ...] = ()
    binds: tuple[Bind, ...] = ()
    always: bool = False


@dataclass(frozen=True, slots=True)
class Carry:
    """Files taken from `stage` (`source`, `dependencies`, `build`, a helper's name) to `target`.

    Paths are absolute, except in `source`, where they are relative to the app's root ("." is all).
    """

    stage: str
    path: str
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Toolchain:
    """Where code is installed and built: rendered as a stage `dependencies` and a stage `build`.

    A helper (Node beside Django) is rendered as `{name}-dependencies` and `{name}-build`; to carry
    from it name `{name}` (its last stage).
    """

    name: str
    image: str
    packages: tuple[str, ...] = ()  # Debian packages of both stages
    env: Mapping[str, str] = field(default_factory=dict)
    setup: tuple[Step, ...] = ()  # tools of both stages, before anything of the app is there
    files: tuple[str, ...] = ()  # copied before `install`; () copies everything before it
    install: tuple[Step, ...] = ()
    env_prefixes: tuple[str, ...] = ()  # project variables that `install` may see: `NPM_`, `NODE_`
    needs: tuple[Carry, ...] = ()  # brought into the build stage after the source
    build: tuple[Step, ...] = ()
    build_env: Mapping[str, str] = field(default_factory=dict)  # of the build stage only
    fresh: bool = False  # the build stage starts from `image`, not from the dependencies


@dataclass(frozen=True, slots=True, kw_only=True)
class Static:
    """A site of files, served by the static server.

    `root` is a directory of the source, or of `/app` after a build. `fallback`: paths that no file
    answers get `index.html` (single-page apps).
    """

    root: str
    fallback: bool = False
    built: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguagePlan:
    """What a language module decided; `detect` adds what the person set and makes the plan of it.

    Exactly one of `start` and `static` is set, except that a language may leave both out when it
    found no way to start: then `no_start` says what was looked for, and the person is asked.
    """

    language: str
    framework: str | None = None
    versions: tuple[Version, ...] = ()
    toolchain: Toolchain | None = None
    helpers: tuple[Toolchain, ...] = ()
    run_image: str | None = None  # None only for a static site
    run_setup: tuple[Step, ...] = ()  # before all else; the toolchain's same setup is one layer
    run_packages: tuple[str, ...] = ()
    run_env: Mapping[str, str] = field(default_factory=dict)
    carries: tuple[Carry, ...] = (Carry(SOURCE, ".", APP_DIR),)
    writable: tuple[str, ...] = ()  # directories made for the app, beyond `/app` and its HOME
    start: str | None = None
    static: Static | None = None
    no_start: str = ""
    release: str | None = None
    port: int | None = None  # only if the framework can't be told one
    health_path: str | None = None
    stop_signal: str | None = None
    work_dir: str = APP_DIR  # where `start` runs
    context_root: str | None = None  # the archive's directory to send, if not the analysed one
    reasons: tuple[Reason, ...] = ()
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildPlan:
    """How a source tree becomes an image and how that image is started."""

    build_method: BuildMethod
    language: str | None = None
    framework: str | None = None
    versions: tuple[Version, ...] = ()
    toolchain: Toolchain | None = None
    helpers: tuple[Toolchain, ...] = ()
    run_image: str | None = None
    run_setup: tuple[Step, ...] = ()  # before all else; the toolchain's same setup is one layer
    run_packages: tuple[str, ...] = ()
    run_env: Mapping[str, str] = field(default_factory=dict)
    carries: tuple[Carry, ...] = ()
    writable: tuple[str, ...] = ()
    start: str | None = None  # shell; None: the image's own command
    static: Static | None = None
    release: str | None = None  # shell, run once in the new image before the swap
    processes: Mapping[str, str] = field(default_factory=dict)  # other Procfile lines, not run
    port: int = DEFAULT_PORT
    health_path: str | None = None
    stop_signal: str | None = None
    work_dir: str = APP_DIR
    root_directory: str = ""  # the archive's directory that is the app
    context_root: str = ""  # the archive's directory that is sent to the engine
    caches: bool = True  # whether steps keep downloads between builds
    dockerfile: str | None = None  # the app's own, relative to `context_root`
    reasons: tuple[Reason, ...] = ()
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The plan as JSON types; `from_dict` reads it back."""
        return asdict(self)

    def to_json(self) -> str:
        """The plan as one line of JSON, for the deployment's row."""
        return json.dumps(self.to_dict(), separators=(",", ":"))

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "BuildPlan":
        """The plan that `to_dict` wrote; fields of a newer program are left out."""
        plan: BuildPlan = _read(cls, data)
        return plan

    @classmethod
    def from_json(cls, text: str) -> "BuildPlan":
        """The plan that `to_json` wrote."""
        return cls.from_dict(json.loads(text))


def _read(kind: Any, value: Any) -> Any:
    """`value` (JSON types) as an instance of the annotated type `kind`."""
    origin, arguments = get_origin(kind), get_args(kind)
    if value is None:
        return None
    if origin in (Union, UnionType):
        return _read(next(a for a in arguments if a is not type(None)), value)
    if origin is tuple:
        return tuple(_read(arguments[0], item) for item in value)
    if hasattr(kind, "__dataclass_fields__"):
        hints = get_type_hints(kind)
        return kind(**{k: _read(hints[k], v) for k, v in value.items() if k in hints})
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return kind(value)
    return value
