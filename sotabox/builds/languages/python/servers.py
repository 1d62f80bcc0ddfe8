"""Production servers: the app's own, else the one that we add, pinned."""

import shlex
from dataclasses import dataclass
from typing import Final

from sotabox.builds.languages.python.frameworks import SERVERS_OF_EXTRAS, Kind
from sotabox.builds.languages.python.requirements import Dependencies

_ASGI: Final = {
    "uvicorn": "uvicorn {app} --host 0.0.0.0 --port $PORT",
    "hypercorn": "hypercorn {app} --bind 0.0.0.0:$PORT",
    "granian": "granian --interface asgi {app} --host 0.0.0.0 --port $PORT",
    "daphne": "daphne -b 0.0.0.0 -p $PORT {app}",
    "sanic": "sanic {app} --host 0.0.0.0 --port $PORT --single-process",
}
_WSGI: Final = {
    "gunicorn": "gunicorn -b 0.0.0.0:$PORT {app}",
    "waitress": "waitress-serve --listen=0.0.0.0:$PORT {app}",
    "granian": "granian --interface wsgi {app} --host 0.0.0.0 --port $PORT",
}
#: How a server is told that the name is a factory; the others take `module:name()`.
_FACTORY_FLAGS: Final = {
    "uvicorn": "--factory", "granian": "--factory", "sanic": "--factory", "waitress": "--call",
}  # fmt: skip
_NO_FACTORIES: Final = frozenset({"daphne"})
#: Releases to add, newest first, each with the oldest Python that it runs on.
_ADDED: Final = {
    "uvicorn": (((3, 10), "0.54.0"), ((3, 8), "0.33.0")),
    "gunicorn": (((3, 10), "27.0.1"), ((3, 7), "23.0.0")),
}
#: What gunicorn does by default serves one visitor at a time, and writes its heartbeat to a disk
#: that may be slow.
GUNICORN_ARGS: Final = "--threads 4 --worker-tmp-dir /dev/shm"


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A server and its command. `added`: the pinned requirement, if the app has none of its own."""

    name: str
    command: str
    added: str = ""

    @property
    def note(self) -> str:
        """What a person is told of an added server; empty if it is their own."""
        if not self.added:
            return ""
        return f"{self.added} was added to serve the app; list a server of your own to change that"


def choose_server(
    kind: Kind,
    target: str,
    dependencies: Dependencies,
    python: str,
    *,
    factory: bool = False,
    brought: str = "",
) -> Server:
    """The server for an app of `kind` (ASGI or WSGI) at `target` (`module:name`).

    `python`: the version that runs it. `brought`: the server that the framework depends on.
    """
    commands = _ASGI if kind is Kind.ASGI else _WSGI
    own = [name for name in commands if name in dependencies.extras or name == brought]
    own += [
        server
        for package, extras, server in SERVERS_OF_EXTRAS
        if server in commands and dependencies.with_extra(package, *extras)
    ]
    if factory:
        own = [name for name in own if name not in _NO_FACTORIES]
    if brought in own and not set(own) - {brought, "sanic"}:
        name = brought
    else:
        name = next((n for n in own if n != "sanic"), own[0] if own else "")
    chosen = name or ("uvicorn" if kind is Kind.ASGI else "gunicorn")
    return Server(
        name=chosen,
        command=_command(commands[chosen], chosen, target, factory=factory),
        added="" if name else pinned(chosen, python),
    )


def pinned(server: str, python: str) -> str:
    """The requirement of a server that we add."""
    return f"{server}=={_release(server, python)}"


def has_wsgi_server(dependencies: Dependencies) -> bool:
    """Whether the app brings a server that speaks WSGI."""
    return bool(dependencies.has(*_WSGI))


def has_asgi_server(dependencies: Dependencies) -> bool:
    """Whether the app brings a server that speaks ASGI."""
    return bool(dependencies.has(*_ASGI)) or any(
        dependencies.with_extra(package, *extras) for package, extras, _ in SERVERS_OF_EXTRAS
    )


def _command(template: str, server: str, target: str, *, factory: bool) -> str:
    if not factory:
        return template.format(app=target)
    if flag := _FACTORY_FLAGS.get(server):
        return template.format(app=f"{flag} {target}")
    return template.format(app=shlex.quote(f"{target}()"))


def _release(server: str, python: str) -> str:
    version = tuple(int(part) for part in python.split(".")[:2])
    releases = _ADDED[server]
    return next((release for oldest, release in releases if version >= oldest), releases[-1][1])
