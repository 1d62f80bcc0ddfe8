"""From a build plan to its Dockerfile: same plan and options, same text.

The shape: dependencies → build → run. Manifests come before the source, so that a changed source
reinstalls nothing; caches and secrets are mounts, so that they never enter an image; steps are
joined where the engine's cost of a step (0.13 to 0.25 s) is more than their own; there is no
`# syntax=` line, as the engine's own frontend knows all that is used here and needs no registry.

The build context has two directories: `source/`, the app's tree, and `sotabox/`, files of ours.
"""

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from posixpath import dirname
from typing import Final

from sotabox.builds.commands import exec_form
from sotabox.builds.instructions import command, copy, env, grouped, install_packages, run
from sotabox.builds.plan import (
    APP_DIR,
    BUILD,
    DEPENDENCIES,
    SOURCE,
    BuildPlan,
    Carry,
    Static,
    Step,
    Toolchain,
)
from sotabox.errors import Invalid

#: The user of every app: a number that no common base image uses.
APP_UID: Final = 10001
APP_HOME: Final = "/home/app"
#: Ids of the secrets that a step may mount (see `sotabox.builds.secrets`).
BUILD_SECRET: Final = "sotabox-build-env"  # noqa: S105 - an id
INSTALL_SECRET: Final = "sotabox-install-env"  # noqa: S105 - an id
HOST_SECRET: Final = "sotabox-host-env"  # noqa: S105 - an id
CA_SECRET: Final = "sotabox-ca"  # noqa: S105 - an id
#: Build arguments with a keyed hash of a secret's content: a changed value runs its steps again.
BUILD_HASH: Final = "SOTABOX_ENV_HASH"
INSTALL_HASH: Final = "SOTABOX_INSTALL_ENV_HASH"

_BREAKS_LINE: Final = re.compile(r"[\r\n]|\\\s*\Z")

#: Where a site's files lie in its image, and the server's configurations in its base.
SITE_DIR: Final = "/site"
SITE_CONFIG: Final = "/etc/caddy/site.caddyfile"
SPA_CONFIG: Final = "/etc/caddy/spa.caddyfile"


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderOptions:
    """What the Dockerfile depends on besides the plan.

    `project` prefixes the ids of caches. `build_env`, `install_env`: the project has variables for
    these steps. `host_env`, `ca`: the box has proxies and mirrors, or a certificate bundle, for all
    steps. `source`: the context's directory with the app's tree ("" for a Dockerfile that a person
    takes along). `static_server`: the image that serves files.
    """

    project: str
    build_env: bool = False
    install_env: bool = False
    host_env: bool = False
    ca: bool = False
    source: str = "source/"
    static_server: str = "sotabox/static-server"


def render_dockerfile(plan: BuildPlan, options: RenderOptions) -> str:
    """The Dockerfile of a plan that we made (`build_method` auto).

    Raises:
        Invalid: a name in the app would end an instruction early, or join it with the next.
    """
    lines: list[str] = []
    toolchains = [*plan.helpers, *([plan.toolchain] if plan.toolchain else [])]
    for toolchain in toolchains:
        lines += _render_toolchain(plan, toolchain, options)
    lines += _render_site(plan, plan.static, options) if plan.static else _render_run(plan, options)
    for line in lines:
        if _BREAKS_LINE.search(line):
            raise Invalid(
                f"A path or name of the app can't stand in a Dockerfile: {line[:200]!r}",
                hint="Rename what ends with a backslash, or holds a line feed.",
            )
    return "\n".join(lines).strip("\n") + "\n"


def _render_toolchain(plan: BuildPlan, tool: Toolchain, options: RenderOptions) -> Iterator[str]:
    main = tool is plan.toolchain
    first, last = stage_names(plan, tool)
    yield f"FROM {tool.image} AS {first}"
    yield from _tools(plan, tool, options)
    yield from _copy_files(tool.files, options) if tool.files else _copy_all(options)
    if options.install_env and tool.env_prefixes and main and tool.install:
        yield f"ARG {INSTALL_HASH}"
    secret = INSTALL_SECRET if options.install_env and tool.env_prefixes and main else None
    yield from _steps(plan, tool.install, options, secret)
    yield ""
    if last == first:
        return
    yield f"FROM {tool.image if tool.fresh else first} AS {last}"
    if tool.fresh:
        yield from _tools(plan, tool, options)
    yield from env(tool.build_env)
    if tool.files or tool.fresh:
        yield from _copy_all(options)
    for carry in tool.needs:
        yield copy([carry.path], carry.target, stage=_stage_of(plan, carry.stage))
    steps = tool.build
    if main and plan.static and plan.static.built:
        steps = _followed_by(steps, _check_output(plan.static))
    if options.build_env:
        yield f"ARG {BUILD_HASH}"
    yield from _steps(plan, steps, options, BUILD_SECRET if options.build_env else None)
    yield ""


def _tools(plan: BuildPlan, tool: Toolchain, options: RenderOptions) -> Iterator[str]:
    """What a stage has before the app; in two stages the same text is one step of the build."""
    yield f"WORKDIR {APP_DIR}"
    if tool.packages:
        yield _run(install_packages(tool.packages), options)
    yield from env(tool.env)
    yield from _steps(plan, tool.setup, options, None)


def stage_names(plan: BuildPlan, tool: Toolchain) -> tuple[str, str]:
    """The Docker stages after `install` and after `build`; the same one if nothing is built."""
    prefix = "" if tool is plan.toolchain else f"{tool.name}-"
    first = f"{prefix}{DEPENDENCIES}"
    builds = tool.build or tool.needs
    return first, f"{prefix}{BUILD}" if builds else first


def _stage_of(plan: BuildPlan, name: str) -> str:
    """The Docker stage that a plan's name for a place means."""
    for helper in plan.helpers:
        if name == helper.name:
            return stage_names(plan, helper)[1]
    if name == BUILD and plan.toolchain:
        return stage_names(plan, plan.toolchain)[1]
    return name


def _render_run(plan: BuildPlan, options: RenderOptions) -> Iterator[str]:
    yield f"FROM {plan.run_image}"
    if plan.run_setup:
        yield f"WORKDIR {APP_DIR}"  # as in `_tools`, so that both stages share the steps
        yield from _steps(plan, plan.run_setup, options, None)
    user = (
        f"echo 'app:x:{APP_UID}:{APP_UID}:app:{APP_HOME}:/bin/sh' >> /etc/passwd "
        f"&& echo 'app:x:{APP_UID}:' >> /etc/group"
    )
    made = (APP_HOME, APP_DIR, plan.work_dir, *plan.writable)
    folders = " ".join(shlex.quote(folder) for folder in dict.fromkeys(made))
    setup = f"{user} && mkdir -p {folders} && chown {APP_UID}:{APP_UID} {folders}"
    if plan.run_packages:
        yield _run(f"{setup} && {install_packages(plan.run_packages)}", options)
    else:
        yield f"RUN {setup}"
    yield from env({"HOME": APP_HOME, "PORT": str(plan.port), "HOST": "0.0.0.0", **plan.run_env})  # noqa: S104 - the container's own interfaces
    yield f"WORKDIR {plan.work_dir}"  # before the source: after it, each change would cost a layer
    for carry in plan.carries:
        yield _carry(plan, carry, options)
    yield f"USER {APP_UID}:{APP_UID}"
    yield f"EXPOSE {plan.port}"
    if plan.stop_signal:
        yield f"STOPSIGNAL {plan.stop_signal}"
    if plan.start:
        yield command(exec_form(plan.start))


def _carry(plan: BuildPlan, carry: Carry, options: RenderOptions) -> str:
    owner = f"{APP_UID}:{APP_UID}"
    if carry.stage == SOURCE:
        path = options.source + ("" if carry.path == "." else carry.path)
        return copy([path or "."], carry.target, owner=owner)
    return copy([carry.path], carry.target, stage=_stage_of(plan, carry.stage), owner=owner)


def _render_site(plan: BuildPlan, static: Static, options: RenderOptions) -> Iterator[str]:
    yield f"FROM {options.static_server}"
    yield from env({"PORT": str(plan.port), **plan.run_env})
    root = static.root.strip("/")
    if static.built:
        path = f"{APP_DIR}/{root}/" if root not in ("", ".") else f"{APP_DIR}/"
        yield copy([path], f"{SITE_DIR}/", stage=_stage_of(plan, BUILD))
    else:
        path = f"{options.source}{root}/" if root not in ("", ".") else options.source or "."
        yield copy([path], f"{SITE_DIR}/")
    yield f"EXPOSE {plan.port}"
    config = SPA_CONFIG if static.fallback else SITE_CONFIG
    yield command(["/caddy", "run", "--adapter", "caddyfile", "--config", config])


def _copy_files(files: Sequence[str], options: RenderOptions) -> Iterator[str]:
    """Manifests, one COPY a directory: the engine's frontend can't keep their parents."""
    by_directory: dict[str, list[str]] = {}
    for file in files:
        by_directory.setdefault(dirname(file), []).append(options.source + file)
    for directory, names in sorted(by_directory.items()):
        yield copy(names, f"./{directory}/" if directory else "./")


def _copy_all(options: RenderOptions) -> Iterator[str]:
    yield copy([options.source or "."], "./")


def _steps(
    plan: BuildPlan, steps: Sequence[Step], options: RenderOptions, secret: str | None
) -> Iterator[str]:
    for step in steps:
        mounts = [
            f"type=bind,from={_stage_of(plan, b.stage)},source={b.path},target={b.target},rw"
            for b in step.binds
        ]
        if plan.caches:
            mounts += [
                f"type=cache,id={options.project}-{cache.name},target={cache.target}"
                + (",sharing=locked" if cache.locked else "")
                for cache in step.caches
            ]
        yield _run(step.run, options, mounts, secret)


def _run(
    text: str, options: RenderOptions, mounts: Sequence[str] = (), secret: str | None = None
) -> str:
    """A step with what the box and the project give to it."""
    if options.ca:
        mounts = (*mounts, f"type=secret,id={CA_SECRET},mode=0444")
    sourced = [HOST_SECRET] if options.host_env else []
    return run(text, mounts, sourced=[*sourced, secret] if secret else sourced)


def _followed_by(steps: tuple[Step, ...], text: str) -> tuple[Step, ...]:
    """`steps` with another command joined to the last, as a step of its own would cost more than it."""
    if not steps:
        return (Step(text),)
    *before, last = steps
    return (*before, replace(last, run=f"{grouped(last.run)} && {text}"))


def _check_output(static: Static) -> str:
    """Fails the build, with the directories that did appear, when the output is not there."""
    root = shlex.quote(static.root or ".")
    message = shlex.quote(
        f"sotabox: the build made no {static.root}/index.html; directories with an index.html:"
    )
    return (
        f"{{ [ -f {root}/index.html ] || {{ echo {message}; "
        "find . -name index.html -not -path '*/node_modules/*' -exec dirname {} \\; ; exit 1; }; }"
    )
