"""How the app is started, and whether it can do without its development dependencies then."""

import re
from dataclasses import dataclass, replace
from typing import Final

from sotabox.builds.languages.node.app import App
from sotabox.builds.languages.node.kinds import Server
from sotabox.builds.languages.node.nx import nx_project
from sotabox.builds.languages.node.scripts import (
    Script,
    follow_script,
    is_plain_node,
    program_of,
)

_FILES: Final = (
    "index.js", "index.mjs", "index.cjs", "index.ts", "server.js", "server.mjs", "server.ts",
    "app.js", "app.mjs", "src/index.js", "src/index.mjs", "src/index.ts", "src/server.js",
    "src/server.ts", "dist/index.js",
)  # fmt: skip
#: Scripts that people have instead of `start`, and what must run in them.
_OTHER_SCRIPTS: Final = (
    "start:prod", "start:production", "prod", "production", "serve", "server", "preview",
    "dev",
)  # fmt: skip
_RUNTIMES: Final = frozenset({"node", "tsx", "ts-node", "bun"})
_TASKS: Final = re.compile(r"\b(?:bun run build|bun test|node ace|node --test)\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """A start command, what it was read from, and whether it needs only what is in production.

    `own`: it is the framework's, so what the framework's build makes is enough for it.
    """

    command: str
    why: str
    own: bool = False
    prunable: bool = False
    notes: tuple[str, ...] = ()


def find_start(app: App, server: Server | None, *, on_bun: bool) -> Start | None:
    """The start command; None if neither framework, scripts, `main` nor a usual file gives one."""
    start = _find(app, server, on_bun=on_bun)
    if start and app.manager.plug_and_play and not app.overrides.start:
        # Without yarn, Node would not look into the zips.
        return replace(start, command=f"yarn {start.command}")
    return start


def _find(app: App, server: Server | None, *, on_bun: bool) -> Start | None:
    if app.overrides.start:
        command = app.overrides.start
        return Start(
            command=command,
            why=app.overrides.origin("start"),
            prunable=is_plain_node(command) and _has_packages(app, server),
        )
    name = "start:prod" if server and server.slug == "nestjs" else "start"
    script = _script(app, name) or _script(app, "start")
    if server and server.start and (script is None or _is_tool_of(script, server)):
        return _framework_start(app, server)
    project = nx_project(app)
    if script is not None and not (project and program_of(script.command) == "nx"):
        return Start(
            command=script.command,
            why=f"the script {name if name in app.manifest.scripts else 'start'}",
            prunable=is_plain_node(script.command) and _has_packages(app, server),
            notes=script.notes,
        )
    if project is not None:
        command = f"node {project.output}/main.js"
        return Start(command=command, why=f"the Nx project {project.name}", prunable=True)
    return _main_start(app, on_bun=on_bun) or _other_script(app) or _file_start(app, on_bun=on_bun)


def looks_like_bun(app: App) -> bool:
    """Whether the app runs on Bun itself, not only with its packages."""
    script = follow_script(app.manifest, "start")
    command = app.overrides.start or (script.command if script else "")
    if command:
        return program_of(command) in {"bun", "bunx"}
    return app.manifest.has("elysia") != "" or (
        app.manager.name == "bun" and app.manifest.has("@types/bun", "bun-types") != ""
    )


def _script(app: App, name: str) -> Script | None:
    return follow_script(app.manifest, name)


def _is_tool_of(script: Script, server: Server) -> bool:
    """Whether a script only calls the framework's program in its development or preview form."""
    program = program_of(script.command)
    if program == "next" and server.slug == "nextjs":
        return re.search(r"\bnext\s+start\b", script.command) is None or bool(server.alone)
    return program in server.tools


def _framework_start(app: App, server: Server) -> Start:
    command = server.start or ""
    return Start(
        command=command,
        why=f"the way of {server.slug}",
        own=True,
        prunable=is_plain_node(command) and _has_packages(app, server),
    )


def _has_packages(app: App, server: Server | None) -> bool:
    """Whether the framework that the running app imports is no development dependency."""
    return not (server and server.needs) or server.needs in app.manifest.production


def _main_start(app: App, *, on_bun: bool) -> Start | None:
    built = "build" in app.manifest.scripts
    main = app.manifest.main.removeprefix("./")
    if main and (file := _existing(app, main) or (main if built else "")):
        return Start(
            command=_run(app, file, on_bun=on_bun),
            why=f"main in package.json ({main})",
            prunable=True,
        )
    return None


def _other_script(app: App) -> Start | None:
    """The script that serves where there is no `start`: it must be a file that a runtime runs."""
    for name in _OTHER_SCRIPTS:
        script = _script(app, name)
        if script is None or re.search(r"[|&;]", script.command):
            continue
        if program_of(script.command) in _RUNTIMES and not _TASKS.search(script.command):
            return Start(
                command=script.command,
                why=f"the script {name}",
                prunable=is_plain_node(script.command),
                notes=script.notes,
            )
    return None


def _file_start(app: App, *, on_bun: bool) -> Start | None:
    file = next((file for file in _FILES if app.files.read(file, 1) is not None), "")
    if not file:
        return None
    command = _run(app, file, on_bun=on_bun)
    return Start(command=command, why=f"the file {file}", prunable=is_plain_node(command))


def _existing(app: App, main: str) -> str:
    candidates = (main, f"{main}.js", f"{main}/index.js", f"{main}.cjs", f"{main}.mjs")
    return next((file for file in candidates if app.files.read(file, 1) is not None), "")


def _run(app: App, file: str, *, on_bun: bool) -> str:
    if on_bun:
        return f"bun {file}"
    if re.search(r"\.[mc]?ts$", file) and (runner := app.manifest.has("tsx", "ts-node")):
        return f"{runner} {file}"
    return f"node {file}"
