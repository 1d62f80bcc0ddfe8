"""From a source tree to its build plan.

The order of decisions, the first that speaks wins: what a person set; a Dockerfile in the root; a
language's manifest; a language's source file; a directory that holds everything is entered.
The app's code is never run to find out.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from posixpath import normpath
from typing import Final

from sotabox.builds import railpack
from sotabox.builds.appfile import NAME as APPFILE
from sotabox.builds.appfile import parse_appfile
from sotabox.builds.asking import language_plan, member_plan
from sotabox.builds.compose import compose_plan
from sotabox.builds.languages import (
    cpp,
    deno,
    dotnet,
    elixir,
    gleam,
    go,
    hugo,
    java,
    jekyll,
    node,
    php,
    python,
    ruby,
    rust,
    shell,
    static,
)
from sotabox.builds.overrides import Overrides, merge
from sotabox.builds.plan import (
    DEFAULT_PORT,
    BuildMethod,
    BuildPlan,
    Reason,
)
from sotabox.builds.procfile import parse_procfile
from sotabox.builds.railpack_file import file_name, parse_railpack
from sotabox.builds.references import exposed_port
from sotabox.builds.source import Tree
from sotabox.builds.verdict import Language
from sotabox.errors import Invalid, UnknownApp

#: The languages, in the order in which they are asked (first all by their strong triggers, then all
#: by their weak ones): Hugo and Jekyll, whose sites also hold others' manifests; PHP, Go, Java, Rust,
#: Ruby, Elixir, Python, Deno, .NET, Node, Gleam, C++, static, shell. Earlier ones carry a manifest
#: that the later ones' tools never write.
LANGUAGES: Final[tuple[Language, ...]] = (
    hugo, jekyll, php, go, java, rust, ruby, elixir, python, deno, dotnet, node, gleam, cpp, static,
    shell,
)  # fmt: skip

#: Names of a Dockerfile in the root, as the engine and Podman know them.
DOCKERFILES: Final = ("Dockerfile", "Containerfile", "dockerfile")
#: What stands beside an app and is none: a README, a licence, settings of editors and of a forge.
_ABOUT: Final = re.compile(
    r"\.|(?i:readme|licen[cs]e|copying|notice|changelog|contributing|authors|code_of_conduct|security)"
    r"(?:\.\w+)?$|[^/]+\.md$"
)


def detect(
    tree: Tree,
    project: Overrides | None = None,
    env: Mapping[str, str] | None = None,
    *,
    languages: Sequence[Language] = LANGUAGES,
) -> BuildPlan:
    """How the app in `tree` is built and started, and why.

    Args:
        tree: the whole archive.
        project: what the project's settings say, and the box's base images.
        env: the project's variables; only `RAILPACK_*` ones are read.

    Raises:
        UnknownApp: nothing fits, or the app has no way to start; the message says what was found
            and looked for, the hint the quickest ways out.
        Invalid: a setting, `sotabox.toml` or a manifest can't be what it says.
    """
    env = env or {}
    name = file_name(env)
    overrides = merge(project or Overrides(), railpack.read_variables(env), _said(tree, name))
    root = normpath((overrides.root_directory or "").strip("/"))
    if root != ".":
        if not tree.glob(f"{root}/**"):
            raise Invalid(
                f"The root directory '{root}' is not in the archive",
                hint=f"It was set by {overrides.origin('root_directory')}; "
                f"the archive's top holds: {_top(tree)}.",
            )
        inner = tree.subtree(root)
        # The directory's own file speaks for it, before the archive's.
        overrides = merge(
            project or Overrides(),
            railpack.read_variables(env),
            _said(inner, name),
            _said(tree, name),
        )
        plan = _plan_at(inner, overrides, languages, within=(tree, root))
    else:
        plan, root = _plan_or_enter(tree, overrides, languages, name)
    return _located(plan, root, overrides, env)


def _plan_or_enter(
    tree: Tree, overrides: Overrides, languages: Sequence[Language], name: str
) -> tuple[BuildPlan, str]:
    """The plan of `tree`, or of the one directory that holds all of it; and that directory."""
    try:
        return _plan_at(tree, overrides, languages), ""
    except UnknownApp:
        if (only := _only_directory(tree)) is None:
            raise
    inner = tree.subtree(only)
    plan, deeper = _plan_or_enter(inner, merge(overrides, _said(inner, name)), languages, name)
    reason = Reason(f"root directory {only}", "it holds everything in the archive")
    return replace(plan, reasons=(reason, *plan.reasons)), f"{only}/{deeper}".rstrip("/")


def _located(plan: BuildPlan, root: str, overrides: Overrides, env: Mapping[str, str]) -> BuildPlan:
    language = None if plan.build_method is BuildMethod.DOCKERFILE else plan.language
    warnings = (*plan.warnings, *railpack.check_variables(env, language))
    reasons = plan.reasons
    if overrides.root_directory:
        reason = Reason(f"root directory {root}", overrides.origin("root_directory"))
        reasons = (reason, *reasons)
    return replace(
        plan,
        root_directory=root,
        context_root=(plan.context_root or root).removeprefix("."),
        reasons=reasons,
        warnings=warnings,
    )


def _plan_at(
    tree: Tree,
    overrides: Overrides,
    languages: Sequence[Language],
    within: tuple[Tree, str] | None = None,
) -> BuildPlan:
    """The plan of `tree`; `within` is the whole archive and where in it the tree is."""
    if overrides.builder == BuildMethod.RAILPACK:
        return _railpack_plan(overrides)
    dockerfile = _find_dockerfile(tree, overrides)
    if dockerfile is not None:
        return _dockerfile_plan(tree, dockerfile, overrides)
    processes = parse_procfile(tree.read("Procfile") or "")
    overrides = merge(overrides, _from_procfile(processes))
    language = member_plan(within, overrides, languages) if within else None
    language = language or language_plan(tree, overrides, languages)
    return compose_plan(language, overrides, processes)


def _find_dockerfile(tree: Tree, overrides: Overrides) -> str | None:
    if overrides.builder == BuildMethod.AUTO:
        return None
    if overrides.dockerfile:
        if tree.read(overrides.dockerfile) is None:
            raise Invalid(
                f"The Dockerfile '{overrides.dockerfile}' is not in the archive",
                hint=f"It was set by {overrides.origin('dockerfile')}.",
            )
        return overrides.dockerfile
    found = next((name for name in DOCKERFILES if tree.read(name) is not None), None)
    if found is None and overrides.builder == BuildMethod.DOCKERFILE:
        raise UnknownApp(
            "The builder is set to 'dockerfile', but the archive has no Dockerfile in its root",
            hint=f"Add one, or take the setting out ({overrides.origin('builder')}).",
        )
    return found


def _dockerfile_plan(tree: Tree, path: str, overrides: Overrides) -> BuildPlan:
    exposed = exposed_port(tree.read(path) or "")
    port, why = DEFAULT_PORT, "nothing says otherwise"
    if overrides.port:
        port, why = overrides.port, overrides.origin("port")
    elif exposed:
        port, why = exposed, f"EXPOSE in the {path}"
    notes = ("The Procfile is not read beside a Dockerfile",) if tree.exists("Procfile") else ()
    return BuildPlan(
        build_method=BuildMethod.DOCKERFILE,
        dockerfile=path,
        port=port,
        start=overrides.start,
        release=overrides.release,
        health_path=overrides.health_path,
        reasons=(Reason("Dockerfile", f"{path} in the archive"), Reason(f"port {port}", why)),
        notes=notes,
    )


def _railpack_plan(overrides: Overrides) -> BuildPlan:
    return BuildPlan(
        build_method=BuildMethod.RAILPACK,
        port=overrides.port or DEFAULT_PORT,
        start=overrides.start,
        release=overrides.release,
        health_path=overrides.health_path,
        reasons=(Reason("Railpack", f"{overrides.origin('builder')} chose it"),),
    )


def _from_procfile(processes: Mapping[str, str]) -> Overrides:
    return Overrides(
        start=processes.get("web"),
        release=processes.get("release"),
        origins={"start": "the Procfile (web)", "release": "the Procfile (release)"},
    )


def _said(tree: Tree, railpack_file: str) -> Overrides:
    """What the tree's own files say of its build."""
    own, brought = tree.read(APPFILE), tree.read(railpack_file)
    return merge(
        Overrides() if own is None else parse_appfile(own),
        Overrides() if brought is None else parse_railpack(brought, railpack_file),
    )


def _only_directory(tree: Tree) -> str | None:
    """The one directory that holds every file of the tree, but for what is written about it."""
    paths = [path for path in tree.paths if not _ABOUT.match(path)]
    tops = {path.partition("/")[0] for path in paths}
    if len(tops) != 1 or not all("/" in path for path in paths):
        return None
    return tops.pop()


def _top(tree: Tree) -> str:
    return ", ".join(sorted({path.partition("/")[0] for path in tree.paths})[:12]) or "nothing"
