"""Deno: tasks or a main file, dependencies in Deno's own folder."""

import re
from collections.abc import Mapping
from typing import Any, Final

from sotabox.builds.bases import image_of
from sotabox.builds.jsonc import parse_jsonc
from sotabox.builds.overrides import Overrides
from sotabox.builds.plan import (
    APP_DIR,
    BUILD,
    DEFAULT_PORT,
    DEPENDENCIES,
    SOURCE,
    Carry,
    LanguagePlan,
    Reason,
    Static,
    Step,
    Toolchain,
    Version,
)
from sotabox.builds.source import Tree
from sotabox.builds.verdict import Declined
from sotabox.builds.versions import Wanted, choose, from_file, from_tool_files

NAME: Final = "deno"
STRONG: Final = ("deno.json", "deno.jsonc")
#: Also Node's names: they count where the code calls Deno.
WEAK: Final = ("deno.lock", "main.ts", "server.ts", "index.ts")

DENO_DIR: Final = "/deno-dir"
MODULES: Final = f"{APP_DIR}/node_modules"
_MAINS: Final = tuple(
    f"{folder}{name}.{ending}"
    for folder in ("", "src/")
    for name in ("main", "server", "mod", "index", "app")
    for ending in ("ts", "tsx", "js", "mjs")
)
_FIRST: Final = ("deno.json", "deno.jsonc", "deno.lock", "package.json", ".npmrc", "*/deno.json")
#: Code that names its packages itself: they are known only when the source is there.
_INLINE: Final = re.compile(r"""(?:from|import)\s*\(?\s*["'](?:https?:|jsr:|npm:)""")
_CALLS_DENO: Final = re.compile(r"""\bDeno\.|["'](?:jsr:|https://deno\.land/)""")
#: A task that a developer runs: it watches files, or builds again at each start.
_DEVELOPS: Final = re.compile(r"--watch\b|--watch=|\bdev\.tsx?\b|\bvite\b")
_LUME: Final = "lume/"


def plan(tree: Tree, overrides: Overrides) -> LanguagePlan | Declined:
    """The app's plan; declined where `deno.json` only configures Deno's tools."""
    config = _read_config(tree)
    tasks = config.get("tasks")
    tasks = tasks if isinstance(tasks, dict) else {}
    main = next((path for path in _MAINS if tree.exists(path)), "")
    if not _config_path(tree) and not _CALLS_DENO.search(tree.read(main) or ""):
        return Declined("no main file that calls Deno is there")
    start, why = _start(tree, tasks, main)
    if not start and not tasks and not overrides.start:
        return Declined("deno.json has no tasks, and there is no main file beside it")
    version, warnings = _version(tree, overrides)
    image = image_of("deno", version.version, overrides.images)
    described = bool(_config_path(tree)) or tree.exists("package.json")
    late = bool(main) and (
        not described or any(_INLINE.search(tree.read(p) or "") for p in _sources(tree))
    )
    build = ["deno task build"] if "build" in tasks else []
    build += [f"deno cache {main}"] if late else []
    locked = " --frozen" if tree.exists("deno.lock") else ""
    folders = f"{DENO_DIR} {MODULES}" if _has_modules(tree, config) else DENO_DIR
    port = overrides.port or DEFAULT_PORT
    site = _site(config, overrides) if not start else None
    return LanguagePlan(
        language=NAME,
        framework=NAME,
        versions=(version,),
        toolchain=Toolchain(
            name=NAME,
            image=image,
            env={"DENO_DIR": DENO_DIR, "DENO_NO_UPDATE_CHECK": "1"},
            files=tuple(dict.fromkeys(p for first in _FIRST for p in tree.glob(first))),
            install=(
                Step(f"mkdir -p {folders}" + (f" && deno install{locked}" if described else "")),
            ),
            env_prefixes=("DENO_", "NPM_", "JSR_"),
            build=(Step(" && ".join(build)),) if build else (),
        ),
        static=site,
        run_image=None if site else image,
        run_env={}
        if site
        else {
            "DENO_DIR": DENO_DIR,
            "DENO_NO_UPDATE_CHECK": "1",
            # Deno.serve knows no PORT: without an address it listens on 8000.
            "DENO_SERVE_ADDRESS": f"tcp:0.0.0.0:{port}",
        },
        carries=() if site else _carries(tree, config, late=late, built=bool(build)),
        start=start or None,
        no_start=f"Looked for: a task 'start' in deno.json, {', '.join(_MAINS[:3])} and the like.",
        reasons=(Reason("Deno", _config_path(tree) or main), *((Reason(f"start: {start}", why),) if start else ())),
        warnings=warnings,
        notes=()
        if locked
        else ("There is no deno.lock: each install takes the newest versions that fit",),
    )  # fmt: skip


def _start(tree: Tree, tasks: Mapping[str, Any], main: str) -> tuple[str, str]:
    for name in ("start", "serve", "preview"):
        if name in tasks and not _DEVELOPS.search(_text(tasks[name])) and (name == "start" or main):
            return f"deno task {name}", f"the task {name} in deno.json"
    if not main:
        return "", ""
    text = tree.read(main) or ""
    if re.search(r"export\s+default\s*\{[^}]*\bfetch\b", text) or re.search(
        r"export\s+default\s+app\b", text
    ):
        return f"deno serve -A --host 0.0.0.0 --port $PORT {main}", f"{main} exports a server"
    return f"deno run -A {main}", f"{main} in the archive"


def _text(task: Any) -> str:
    """A task's command: tasks are texts, or objects that hold one."""
    return str(task.get("command", "")) if isinstance(task, dict) else str(task)


def _site(config: Mapping[str, Any], overrides: Overrides) -> Static | None:
    """Lume's site, which its task `build` makes."""
    imports, tasks = config.get("imports"), config.get("tasks")
    if not (isinstance(imports, dict) and _LUME in imports):
        return None
    if not (isinstance(tasks, dict) and "build" in tasks) or overrides.start:
        return None
    root = overrides.static_root or "_site"
    return Static(root=root, fallback=bool(overrides.static_fallback), built=True)


def _carries(
    tree: Tree, config: Mapping[str, Any], *, late: bool, built: bool
) -> tuple[Carry, ...]:
    """Dependencies before the source, from the stage that has all of them."""
    origin = BUILD if late else DEPENDENCIES
    source = Carry(BUILD, APP_DIR, APP_DIR) if built else Carry(SOURCE, ".", APP_DIR)
    kept = (Carry(origin, MODULES, MODULES),) if _has_modules(tree, config) and not built else ()
    return (Carry(origin, DENO_DIR, DENO_DIR), *kept, source)


def _has_modules(tree: Tree, config: Mapping[str, Any]) -> bool:
    """Whether npm's packages lie beside the app: Deno's default where there is a package.json."""
    default = "manual" if tree.exists("package.json") else "none"
    return config.get("nodeModulesDir", default) in ("auto", "manual", True)


def _sources(tree: Tree) -> tuple[str, ...]:
    return tree.glob("**/*.{ts,tsx,js,jsx,mjs}")[:500]


def _version(tree: Tree, overrides: Overrides) -> tuple[Version, tuple[str, ...]]:
    wanted = (
        overrides.version("deno"),
        from_tool_files(tree, "deno"),
        from_file(tree, ".deno-version"),
        from_file(tree, ".dvmrc"),
    )
    return choose("deno", [_whole(want) for want in wanted if want])


def _whole(want: Wanted) -> Wanted:
    """`2` and `2.1` as ranges: Deno's images are tagged by whole versions only."""
    text = want.text.strip().removeprefix("v")
    mark = {0: "^", 1: "~"}.get(text.count("."), "") if re.fullmatch(r"[\d.]+", text) else ""
    return Wanted(f"{mark}{text}", want.origin)


def _config_path(tree: Tree) -> str:
    return next((path for path in STRONG if tree.exists(path)), "")


def _read_config(tree: Tree) -> Mapping[str, Any]:
    """`deno.json` or `deno.jsonc`, comments and last commas taken out; empty if it is no object."""
    try:
        config = parse_jsonc(tree.read(_config_path(tree)) or "")
    except ValueError:
        return {}
    return config if isinstance(config, dict) else {}
