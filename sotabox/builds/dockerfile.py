"""From a build plan to its Dockerfile: same plan and options, same text.

The shape: dependencies → build → run. Manifests come before the source, so that a changed source
reinstalls nothing; caches and secrets are mounts, so that they never enter an image; steps are
joined where the engine's cost of a step (0.13 to 0.25 s) is more than their own; there is no
`# syntax=` line, as the engine's own frontend knows all that is used here and needs no registry.

The build context has two directories: `source/`, the app's tree, and `sotabox/`, files of ours.
"""

import json
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from posixpath import dirname
from typing import Final

from sotabox.builds.commands import exec_form
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
    """The Dockerfile of a plan that we made (`build_method` auto)."""
    lines: list[str] = []
    toolchains = [*plan.helpers, *([plan.toolchain] if plan.toolchain else [])]
    for toolchain in toolchains:
        lines += _render_toolchain(plan, toolchain, options)
    lines += _render_site(plan, plan.static, options) if plan.static else _render_run(plan, options)
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
    yield from _env(tool.build_env)
    if tool.files or tool.fresh:
        yield from _copy_all(options)
    for carry in tool.needs:
        yield f"COPY --from={_stage_of(plan, carry.stage)} {_pair(carry.path, carry.target)}"
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
        yield _run(_apt(tool.packages), options)
    yield from _env(tool.env)
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
    user = (
        f"echo 'app:x:{APP_UID}:{APP_UID}:app:{APP_HOME}:/bin/sh' >> /etc/passwd "
        f"&& echo 'app:x:{APP_UID}:' >> /etc/group"
    )
    made = (APP_HOME, APP_DIR, *plan.writable)
    folders = " ".join(shlex.quote(folder) for folder in dict.fromkeys(made))
    setup = f"{user} && mkdir -p {folders} && chown {APP_UID}:{APP_UID} {folders}"
    if plan.run_packages:
        yield _run(f"{setup} && {_apt(plan.run_packages)}", options)
    else:
        yield f"RUN {setup}"
    yield from _env({"HOME": APP_HOME, "PORT": str(plan.port), "HOST": "0.0.0.0", **plan.run_env})  # noqa: S104 - the container's own interfaces
    for carry in plan.carries:
        yield _carry(plan, carry, options)
    yield f"WORKDIR {plan.work_dir}"
    yield f"USER {APP_UID}:{APP_UID}"
    yield f"EXPOSE {plan.port}"
    if plan.stop_signal:
        yield f"STOPSIGNAL {plan.stop_signal}"
    if plan.start:
        yield f"CMD {json.dumps(exec_form(plan.start), ensure_ascii=False)}"


def _carry(plan: BuildPlan, carry: Carry, options: RenderOptions) -> str:
    owner = f"--chown={APP_UID}:{APP_UID}"
    if carry.stage == SOURCE:
        path = options.source + ("" if carry.path == "." else carry.path)
        return f"COPY {owner} {_pair(path or '.', carry.target)}"
    stage = _stage_of(plan, carry.stage)
    return f"COPY {owner} --from={stage} {_pair(carry.path, carry.target)}"


def _render_site(plan: BuildPlan, static: Static, options: RenderOptions) -> Iterator[str]:
    yield f"FROM {options.static_server}"
    yield from _env({"PORT": str(plan.port), **plan.run_env})
    root = static.root.strip("/")
    if static.built:
        path = f"{APP_DIR}/{root}/" if root not in ("", ".") else f"{APP_DIR}/"
        yield f"COPY --from={_stage_of(plan, BUILD)} {_pair(path, SITE_DIR + '/')}"
    else:
        path = f"{options.source}{root}/" if root not in ("", ".") else options.source or "."
        yield f"COPY {_pair(path, SITE_DIR + '/')}"
    yield f"EXPOSE {plan.port}"
    config = SPA_CONFIG if static.fallback else SITE_CONFIG
    yield f"CMD {json.dumps(['/caddy', 'run', '--adapter', 'caddyfile', '--config', config])}"


def _followed_by(steps: tuple[Step, ...], command: str) -> tuple[Step, ...]:
    """`steps` with `command` joined to the last, as a step of its own would cost more than it."""
    if not steps:
        return (Step(command),)
    *before, last = steps
    return (*before, replace(last, run=f"{_grouped(last.run)} && {command}"))


def _grouped(command: str) -> str:
    """`command` such that `&&` may be put before and behind it."""
    command = command.strip()
    if not re.search(r"[|;&\n]", re.sub(r"&&", "", command)):
        return command
    return f"{{ {command}\n}}" if "\n" in command else f"{{ {command.rstrip(';')}; }}"


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


def _copy_files(files: Sequence[str], options: RenderOptions) -> Iterator[str]:
    """Manifests, one COPY a directory: the engine's frontend can't keep their parents."""
    by_directory: dict[str, list[str]] = {}
    for file in files:
        by_directory.setdefault(dirname(file), []).append(options.source + file)
    for directory, names in sorted(by_directory.items()):
        yield f"COPY {_words([*names, f'./{directory}/' if directory else './'])}"


def _copy_all(options: RenderOptions) -> Iterator[str]:
    yield f"COPY {options.source or '.'} ./"


def _steps(
    plan: BuildPlan, steps: Sequence[Step], options: RenderOptions, secret: str | None
) -> Iterator[str]:
    for step in steps:
        mounts = [
            f"--mount=type=bind,from={_stage_of(plan, b.stage)},source={b.path},target={b.target},rw"
            for b in step.binds
        ]
        if plan.caches:
            mounts += [
                f"--mount=type=cache,id={options.project}-{cache.name},target={cache.target}"
                + (",sharing=locked" if cache.locked else "")
                for cache in step.caches
            ]
        yield _run(step.run, options, mounts=" ".join(mounts), secret=secret)


def _run(
    command: str, options: RenderOptions, *, mounts: str = "", secret: str | None = None
) -> str:
    """A RUN instruction with its mounts; secrets that hold variables are read by the shell."""
    flags = [mounts] if mounts else []
    sourced = [HOST_SECRET] if options.host_env else []
    sourced += [secret] if secret else []
    flags += [f"--mount=type=secret,id={name}" for name in sourced]
    if options.ca:
        flags.append(f"--mount=type=secret,id={CA_SECRET},mode=0444")
    prefix = "".join(f". /run/secrets/{name} && " for name in sourced)
    text = prefix + (_grouped(command) if sourced else command.strip())
    if "\n" in text or "<<" in text or text.startswith(("[", "--")):
        text = json.dumps(["/bin/sh", "-c", text], ensure_ascii=False)
    return " ".join(["RUN", *flags, text])


def _apt(packages: Sequence[str]) -> str:
    """Debian packages, without a cache mount: the same text for all projects shares one layer."""
    names = " ".join(shlex.quote(name) for name in dict.fromkeys(packages))
    return (
        f"apt-get update && apt-get install -y --no-install-recommends {names} "
        "&& rm -rf /var/lib/apt/lists/*"
    )


def _env(values: Mapping[str, str]) -> Iterator[str]:
    if values:
        yield "ENV " + " ".join(f"{k}={_quote(v, expand=k == 'PATH')}" for k, v in values.items())


def _quote(value: str, *, expand: bool) -> str:
    """A value of an ENV instruction, in which `$` would be expanded; a PATH may extend `$PATH`."""
    if expand and re.fullmatch(r"[\w./:$-]+", value):
        return value
    if re.fullmatch(r"[\w./:@%+,=-]+", value):
        return value
    escaped = re.sub(r'(["\\$])', r"\\\1", value).replace("\n", "\\n")
    return f'"{escaped}"'


def _pair(source: str, target: str) -> str:
    """Source and target of a COPY. A directory's content is copied, so both end in `/`."""
    return _words([source, target])


def _words(paths: Sequence[str]) -> str:
    """The paths of a COPY, in JSON form where one holds a space; `$` is not expanded."""
    escaped = [path.replace("$", "\\$") for path in paths]
    if any(re.search(r"\s", path) for path in escaped):
        return json.dumps(escaped, ensure_ascii=False)
    return " ".join(escaped)
