"""How the app is started: by a production server, by its framework's command, or as a file."""

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from sotabox.builds.languages.python.apps import (
    AppObject,
    find_app,
    read_source,
    read_sources,
    source_files,
)
from sotabox.builds.languages.python.django import Django
from sotabox.builds.languages.python.files import find_file
from sotabox.builds.languages.python.frameworks import FRAMEWORKS, Framework, Kind
from sotabox.builds.languages.python.project import Project
from sotabox.builds.languages.python.requirements import Dependencies
from sotabox.builds.languages.python.servers import (
    GUNICORN_ARGS,
    Server,
    choose_server,
    has_asgi_server,
)
from sotabox.builds.source import Tree

_OWN_FASTAPI_SERVERS: Final = ("hypercorn", "granian", "daphne")


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """A start command and why. `root`: the directory that goes on the module path ("" is none).

    `directory`: where it runs. `file`: the one that runs, if it is one. `added`: requirements that are installed for it.
    """

    framework: str
    command: str
    why: str
    root: str = ""
    directory: str = ""
    file: str = ""
    env: Mapping[str, str] = field(default_factory=dict)
    added: tuple[str, ...] = ()
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


def find_start(facts: Facts) -> Start | None:
    """The start of the app, the surest sign first; None if nothing was found."""
    if facts.django and (start := _django(facts, facts.django)):
        return start
    texts = read_sources(facts.tree)
    known = [f for f in FRAMEWORKS if f.package in facts.dependencies.extras]
    for framework in known:
        if framework.kind in (Kind.ASGI, Kind.WSGI):
            if app := find_app(facts.tree, framework.constructors, texts):
                return _served(facts, framework, app)
        elif framework.kind is Kind.SCRIPT and (path := _script(facts.tree, framework)):
            return Start(
                framework=framework.slug,
                command=framework.command.format(file=shlex.quote(path)),
                why=f"{path} imports {framework.imports[0]}",
                env=framework.env,
            )
    return _by_itself(facts, next((f for f in known if _may_listen(facts.tree, f)), None))


def _django(facts: Facts, django: Django) -> Start | None:
    asgi = django.asgi is not None and (has_asgi_server(facts.dependencies) or not django.wsgi)
    target = django.asgi if asgi else django.wsgi
    if target is None:
        return None
    kind = Kind.ASGI if asgi else Kind.WSGI
    server = choose_server(kind, target, facts.dependencies, facts.python)
    return Start(
        framework="django",
        command=server.command,
        why=django.why,
        directory=django.directory,
        env=_server_env(facts.tree, server),
        added=(server.added,) if server.added else (),
        notes=(server.note,) if server.note else (),
    )


def _served(facts: Facts, framework: Framework, app: AppObject) -> Start:
    attribute = f".{framework.attribute}" if framework.attribute and not app.factory else ""
    target = f"{app.module}:{app.name}{attribute}"
    server = choose_server(
        framework.kind,
        target,
        facts.dependencies,
        facts.python,
        factory=app.factory,
        brought=framework.server,
    )
    command = server.command
    if _has_own_command(facts, framework, app):
        named = "" if app.name in ("app", "api") else f" --app {app.name}"
        command = f"fastapi run {app.path} --host 0.0.0.0 --port $PORT{named}"
    return Start(
        framework=framework.slug,
        command=command,
        why=app.where,
        root=app.root,
        directory=app.directory,
        env=_server_env(facts.tree, server),
        added=(server.added,) if server.added else (),
        notes=(server.note,) if server.note else (),
    )


def _has_own_command(facts: Facts, framework: Framework, app: AppObject) -> bool:
    """FastAPI's own command, which comes with its extra and wants a file beside nothing else."""
    return (
        framework.slug == "fastapi"
        and facts.dependencies.with_extra("fastapi", "standard", "all")
        and not facts.dependencies.has(*_OWN_FASTAPI_SERVERS)
        and "/" not in app.path
        and not app.factory
    )


def _server_env(tree: Tree, server: Server) -> Mapping[str, str]:
    """The box's proxy is the only way to the app, so what it forwards is believed."""
    env = {"FORWARDED_ALLOW_IPS": "*"}
    if server.name == "gunicorn" and not tree.exists("gunicorn.conf.py"):
        env["GUNICORN_CMD_ARGS"] = GUNICORN_ARGS
    return env


def _script(tree: Tree, framework: Framework) -> str | None:
    """The file that a framework's command runs: it imports the framework, and is no page of it."""
    imported = re.compile(
        rf"^\s*(?:from|import)\s+(?:{'|'.join(framework.imports)})\b", re.MULTILINE
    )
    files = [f for f in source_files(tree) if "pages/" not in f]
    order = [*(f for f in framework.files if f in files), *files]
    return next((f for f in order if imported.search(read_source(tree, f))), None)


def _may_listen(tree: Tree, framework: Framework) -> bool:
    """Whether a file of the app can be expected to serve with this framework."""
    if framework.kind is Kind.FILE:
        signs = re.compile(framework.signs)
        return any(signs.search(read_source(tree, file)) for file in source_files(tree))
    return framework.kind is not Kind.SCRIPT


def _by_itself(facts: Facts, framework: Framework | None) -> Start | None:
    """An app that starts without a server of ours: an entry point, a package, a file."""
    found = find_file(facts.tree, facts.project.scripts)
    if found is None:
        return None
    served = framework is not None and framework.kind in (Kind.ASGI, Kind.WSGI)
    listens = framework is not None or found.listens
    no_app = f"An app object of {framework.package if framework else ''} was not found"
    silent = f"{found.path} may not listen on $PORT; the health check waits for an answer there"
    return Start(
        framework=framework.slug if framework else "python",
        command=found.command,
        why=found.why,
        root=found.root,
        file=found.path,
        warnings=(f"{no_app}: {found.path} runs with whatever server it starts",) if served else (),
        notes=() if listens else (silent,),
    )
