"""Apps that start a server of their own when they are imported, and would never get to ours.

A tutorial's last line is often a bare `app.run()`, without a guard for `__main__`. A production
server imports that file: the line must do nothing then. Where the framework has a way to say so, it
is taken; else the server is started by a line of Python that takes the call's effect away first.
"""

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

#: A call at the first column: it runs at the import.
_CALLS: Final = re.compile(r"^(?:await[ \t]+)?(?P<call>(?P<object>\w+)\.run|run)\(", re.MULTILINE)
#: By what serves: the module and the name that start a server, and where the command's own main is.
_SILENCED: Final = {
    "uvicorn": ("uvicorn", "uvicorn.run", "from uvicorn import main"),
    "hypercorn": ("quart", "quart.Quart.run", "from hypercorn.__main__ import main"),
    "sanic": ("sanic", "sanic.Sanic.run", "from sanic.__main__ import main"),
}
#: Hypercorn's workers are processes that would import the app anew, and so undisturbed.
_ARGUMENTS: Final = {"hypercorn": " --workers 0"}
_NOTE: Final = "{path} starts a server when it is imported; that call is skipped"


@dataclass(frozen=True, slots=True)
class Unblocked:
    """A command that gets past such a call, and what a person is told of it."""

    command: str
    env: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def unblock(
    framework: str, server: str, command: str, *, path: str, text: str, name: str
) -> Unblocked:
    """`command` of `server`, changed if the app's file (`path`, `text`) starts a server itself.

    `name`: the app's; other things that are run there (`subprocess.run`) are none of a server.
    """
    calls = (call for call in _CALLS.finditer(text) if call["object"] in (None, name, "uvicorn"))
    call = next(calls, None)
    if call is None:
        return Unblocked(command)
    notes = (_NOTE.format(path=path),)
    if framework in ("flask", "dash"):
        # Flask's own word for "somebody else serves": `Flask.run` returns at once.
        return Unblocked(command, {"FLASK_RUN_FROM_CLI": "true"}, notes)
    own = call["call"] == "uvicorn.run" or (call["call"] == "run" and "from uvicorn" in text)
    if (server == "uvicorn" and not own) or server not in _SILENCED:
        return Unblocked(command)
    if server == "hypercorn" and framework != "quart":
        return Unblocked(command)
    module, function, main = _SILENCED[server]
    code = f"import {module}; {function} = lambda *a, **k: None; {main}; main()"
    program, _, arguments = command.partition(" ")
    extra = _ARGUMENTS.get(program, "")
    return Unblocked(f"python -c {shlex.quote(code)} {arguments}{extra}", {}, notes)


def serve_bottle(module: str, name: str, server: str) -> str:
    """Bottle's own command, which skips `run()`; without a name it serves the default app."""
    target = f"{module}:{name}" if name else module
    return f"python -m bottle --bind 0.0.0.0:$PORT --server {server} {target}"
