"""The two kinds of app: a server, and a build that leaves a site of files."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sotabox.builds.languages.node.app import App
from sotabox.builds.plan import Carry


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why what a framework builds can't run here, and what to do: an error before the build."""

    message: str
    hint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A framework that was found, and what it says of its app.

    `start`: its own command, taken where the start script is missing or only calls one of `tools`;
    None: the start script decides. `alone`: what the build makes runs without the rest of the app.
    `needs`: the package which that command imports; where it is a development dependency, nothing
    is pruned. `added`: a package of ours, in an exact release, whose program the command calls.
    `work_dir`: where that command runs, below the app. `refusal`: it holds unless a person says how
    the app starts.
    """

    slug: str
    why: str
    start: str | None = None
    tools: tuple[str, ...] = ()
    build: str | None = None
    alone: tuple[Carry, ...] = ()
    work_dir: str = ""
    env: Mapping[str, str] = field(default_factory=dict)
    build_env: Mapping[str, str] = field(default_factory=dict)
    needs: str = ""
    added: str = ""
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A site that a build makes. `output` is relative to the app's directory.

    `script`: the one that makes it, where that is not `build`.
    """

    slug: str
    why: str
    output: str
    fallback: bool = False
    build: str | None = None  # the framework's own command, where there is no build script
    script: str = ""


#: A reader answers None where the app is not of its framework.
ReadServer = Callable[[App], Server | None]
ReadSite = Callable[[App], Site | None]
