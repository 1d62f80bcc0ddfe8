"""How the app is started: by a production server, by its framework's command, or as a file."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from sotabox.builds.languages.python.apps import (
    AppObject,
    find_app,
    find_object,
    read_source,
    read_sources,
    source_files,
)
from sotabox.builds.languages.python.blocking import serve_bottle, unblock
from sotabox.builds.languages.python.django import Django
from sotabox.builds.languages.python.facts import Facts, Start
from sotabox.builds.languages.python.files import find_file
from sotabox.builds.languages.python.frameworks import FRAMEWORKS, Framework, Kind
from sotabox.builds.languages.python.servers import (
    GUNICORN_ARGS,
    Server,
    choose_server,
    has_asgi_server,
    has_wsgi_server,
)
from sotabox.builds.languages.python.tools import tool_start
from sotabox.builds.source import Tree

_OWN_FASTAPI_SERVERS: Final = ("hypercorn", "granian", "daphne")
#: Frameworks that come with any package which extends them.
_EXTENDED: Final = ("flask", "fastapi")
#: Servers that Bottle's command knows.
_OF_BOTTLE: Final = ("gunicorn", "waitress")
#: `run(host=…)` at the first column, after `from bottle import run`, or `app.run(`.
_STARTS_BOTTLE: Final = re.compile(r"^(?:(?!subprocess\b|asyncio\b)\w+\.)?run\(", re.MULTILINE)


def find_start(facts: Facts) -> Start | None:
    """The start of the app, the surest sign first; None if nothing was found."""
    if facts.django and (start := _django(facts, facts.django)):
        return start
    texts = read_sources(facts.tree)
    known = [f for f in FRAMEWORKS if _is_there(facts, f)]
    for framework in known:
        if framework.kind in (Kind.ASGI, Kind.WSGI):
            if app := find_app(facts.tree, framework.constructors, texts):
                return _served(facts, framework, app)
        elif framework.kind is Kind.SCRIPT and (start := tool_start(facts, framework)):
            return start
    if any(f.package == "bottle" for f in known) and (start := _default_bottle(facts, texts)):
        return start
    if start := _unknown_framework(facts, texts):
        return start
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
    text = read_source(facts.tree, app.path)
    free = unblock(
        framework.slug, server.name, server.command, path=app.path, text=text, name=app.name
    )
    command = free.command
    if _has_own_command(facts, framework, app) and not free.notes:
        named = "" if app.name in ("app", "api") else f" --app {app.name}"
        command = f"fastapi run {app.path} --host 0.0.0.0 --port $PORT{named}"
    start = Start(
        framework=framework.slug,
        command=command,
        why=app.where,
        root=app.root,
        directory=app.directory,
        env={**_server_env(facts.tree, server), **free.env},
        added=(server.added,) if server.added else (),
        notes=(*((server.note,) if server.note else ()), *free.notes),
    )
    if framework.package == "bottle" and _STARTS_BOTTLE.search(text) and not app.factory:
        return _by_bottle(start, server, app.module, app.name)
    return start


def _default_bottle(facts: Facts, texts: Mapping[str, str]) -> Start | None:
    """Bottle without an app object: its routes are the default app's."""
    path = next((p for p, text in texts.items() if _STARTS_BOTTLE.search(text)), None)
    if path is None or "/" in path:
        return None
    module = path.removesuffix(".py")
    server = choose_server(Kind.WSGI, module, facts.dependencies, facts.python)
    start = Start(
        framework="python",
        command=server.command,
        why=f"Bottle's default app in {path}",
        env=_server_env(facts.tree, server),
        added=(server.added,) if server.added else (),
        notes=(server.note,) if server.note else (),
    )
    return _by_bottle(start, server, module, "")


def _by_bottle(start: Start, server: Server, module: str, name: str) -> Start:
    """Bottle's own command loads a file without running its `run()`."""
    if server.name not in _OF_BOTTLE:
        return start
    return replace(start, command=serve_bottle(module, name, server.name))


def _unknown_framework(facts: Facts, texts: Mapping[str, str]) -> Start | None:
    """An object that the app's own server can run, whatever made it."""
    by_name = {"asgi": Kind.ASGI, "wsgi": Kind.WSGI}
    for kind, has_server in ((Kind.ASGI, has_asgi_server), (Kind.WSGI, has_wsgi_server)):
        mine = {
            path: text
            for path, text in texts.items()
            if has_server(facts.dependencies)
            or by_name.get(path.rpartition("/")[2].removesuffix(".py")) is kind
        }
        if mine and (app := find_object(facts.tree, mine)):
            return _served(facts, Framework(package="", kind=kind), app)
    return None


def _is_there(facts: Facts, framework: Framework) -> bool:
    names = facts.dependencies.extras
    if framework.package in names:
        return True
    return framework.package in _EXTENDED and any(
        name.startswith(f"{framework.package}-") for name in names
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
