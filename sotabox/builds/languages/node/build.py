"""The step that builds the app: its command, its caches."""

import re
import shlex
from collections.abc import Iterator
from typing import Final

from sotabox.builds.languages.node.app import App
from sotabox.builds.languages.node.command_lines import Lines, lines_of
from sotabox.builds.languages.node.kinds import Server, Site
from sotabox.builds.languages.node.layer import Layer
from sotabox.builds.languages.node.nx import nx_project
from sotabox.builds.languages.node.scripts import follow_script, program_of, reachable_text
from sotabox.builds.plan import Cache

#: Directories that builds keep for the next one, by the dependency that writes them.
#: What is left out gains nothing: `.nuxt`, `.svelte-kit` and `.react-router` are written anew.
_CACHES: Final = (
    ("next", ".next/cache"),
    ("nuxt", "node_modules/.cache"),
    ("vite", "node_modules/.vite"),
    ("astro", "node_modules/.astro"),
    ("gatsby", ".cache"),
    ("webpack", "node_modules/.cache"),
    ("react-scripts", "node_modules/.cache"),
    ("@docusaurus/core", "node_modules/.cache"),
    ("@angular/cli", ".angular/cache"),
    ("parcel", ".parcel-cache"),
)
_MANAGERS: Final = frozenset({"npm", "npx", "pnpm", "yarn", "bun"})
#: A step that takes away a directory fails where a cache is mounted in it.
_DELETES: Final = re.compile(
    r"\brimraf\b|\brm\s+-\w*r|\bdel-cli\b|\bnpm ci\b|\bgit clean\b|\bfs\.rm"
)


def build_command(app: App, layer: Layer, framework: Server | Site | None) -> str:
    """The shell command that builds the app and what it builds on; empty if nothing does."""
    if app.overrides.build:
        return app.overrides.build
    command = _command(app, layer, framework)
    if command and isinstance(framework, Site) and framework.output == ".":
        return f"{command} && rm -rf node_modules"  # else it would be a part of the site
    return command


def _command(app: App, layer: Layer, framework: Server | Site | None) -> str:
    lines = lines_of(app.manager)
    if app.by_root:
        return f"{lines.run} build"
    own = _own_command(app, framework)
    commands = [f"{lines.run} {name}" for name in layer.later] if own else []
    if own and app.manifest.has("prisma") and _generates_into_source(app):
        commands.append(f"{lines.execute} prisma generate")
    if not app.directory:
        return " && ".join([*commands, own]) if own else ""
    if own and (turbo := _turbo(app)):
        return " && ".join([*(_in(app.directory, command) for command in commands), turbo])
    others = [
        _in(directory, f"{lines.run} build")
        for directory in app.workspace.needed_by(app.directory)
        if directory != app.directory and "build" in app.workspace.packages[directory].scripts
    ]
    mine = [_in(app.directory, " && ".join([*commands, own]))] if own else []
    return " && ".join([*others, *mine])


def build_caches(app: App) -> Iterator[Cache]:
    """Directories that are kept between builds of the project."""
    text = "\n".join(reachable_text(package, "build") for package in app.packages.values())
    if _DELETES.search(f"{text}\n{app.overrides.build or ''}"):
        return
    taken = set()
    for directory, package in app.packages.items():
        known = package.dependencies
        for name, path in _CACHES:
            target = "/".join(part for part in ("/app", directory, path) if part)
            if name not in known or target in taken:
                continue
            if app.manager.plug_and_play and "node_modules" in path:
                continue
            taken.add(target)
            yield Cache(re.sub(r"\W+", "-", f"build {directory} {path}").strip("-"), target)
    if app.tree.exists("turbo.json"):
        yield Cache("build-turbo", "/app/.turbo/cache")
    if app.tree.exists("nx.json"):
        yield Cache("build-nx", "/app/.nx/cache")


def _own_command(app: App, framework: Server | Site | None) -> str:
    lines = lines_of(app.manager)
    if isinstance(framework, Site) and framework.script:
        return f"{lines.run} {framework.script}"
    if framework and framework.slug == "nuxt" and isinstance(framework, Site):
        name = "generate" if "generate" not in app.manifest.scripts.get("build", "") else "build"
        return (
            f"{lines.run} {name}"
            if name in app.manifest.scripts
            else f"{lines.execute} nuxt generate"
        )
    if script := _build_script(app, framework):
        return f"{lines.run} {script}"
    if framework and framework.build:
        program = framework.build.partition(" ")[0]
        return framework.build if program == "node" else f"{lines.execute} {framework.build}"
    if (project := nx_project(app)) is not None:
        return f"{lines.execute} nx build {shlex.quote(project.name)}"
    start = follow_script(app.manifest, "start")
    return " && ".join(_executed(part, lines) for part in start.builds) if start else ""


def _executed(command: str, lines: Lines) -> str:
    """A part of a script as the build runs it: a dependency's program is called by the manager."""
    program = program_of(command)
    return command if program in _MANAGERS else f"{lines.execute} {command}"


def _build_script(app: App, framework: Server | Site | None) -> str:
    """The script that builds the app; "" where a command of ours does it."""
    scripts = app.manifest.scripts
    if re.fullmatch(r"(?:npx )?nx build", scripts.get("build", "")) and nx_project(app):
        return ""  # which project it builds only we know
    if "build" in scripts:
        return "build"
    if "docs:build" in scripts and isinstance(framework, Site):
        return "docs:build"
    return "heroku-postbuild" if "heroku-postbuild" in scripts else ""


def _turbo(app: App) -> str:
    if not (app.tree.exists("turbo.json") and app.root.has("turbo") and app.manifest.name):
        return ""
    target = shlex.quote(f"{app.manifest.name}...")
    return f"{lines_of(app.manager).execute} turbo run build --filter={target}"


def _generates_into_source(app: App) -> bool:
    """Whether Prisma's client goes into the source, and no script of the build makes it."""
    schemas = app.files.glob("**/*.prisma")
    own = any(
        re.search(r"^[ \t]*output\s*=", app.files.read(s) or "", re.MULTILINE) for s in schemas
    )
    return own and "prisma generate" not in reachable_text(app.manifest, "build")


def _in(directory: str, command: str) -> str:
    return f"(cd {shlex.quote(directory)} && {command})"
