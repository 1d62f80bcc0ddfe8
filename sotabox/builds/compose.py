"""A language's plan and what a person set, made into the build plan.

Everything here is the same for every language, so that no language module repeats it.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from sotabox.builds.commands import replace_loopback, replace_port
from sotabox.builds.overrides import Overrides
from sotabox.builds.plan import (
    APP_DIR,
    BUILD,
    DEFAULT_PORT,
    DEPENDENCIES,
    SOURCE,
    BuildMethod,
    BuildPlan,
    Carry,
    LanguagePlan,
    Reason,
    Step,
    Toolchain,
)
from sotabox.builds.unknown import DOCS
from sotabox.errors import UnknownApp

_RUN_BY_US: Final = frozenset({"web", "release"})


def compose_plan(
    language: LanguagePlan, overrides: Overrides, processes: Mapping[str, str]
) -> BuildPlan:
    """The build plan of a language's app.

    Args:
        processes: the Procfile's, of which `web` and `release` are already in `overrides`.

    Raises:
        UnknownApp: nothing says how the app is started.
    """
    start, port, notes = _start(language, overrides)
    others = {name: line for name, line in processes.items() if name not in _RUN_BY_US}
    if others:
        names = ", ".join(others)
        notes = (*notes, f"The Procfile's other processes are not started: {names}")
    if overrides.unread:
        notes = (*notes, f"Not read here: {', '.join(overrides.unread)}")
    toolchain, carries = _build(language, overrides)
    return BuildPlan(
        build_method=BuildMethod.AUTO,
        language=language.language,
        framework=language.framework,
        versions=language.versions,
        toolchain=toolchain,
        helpers=language.helpers,
        run_image=language.run_image,
        run_setup=language.run_setup,
        run_packages=(*language.run_packages, *overrides.packages),
        run_env={**language.run_env, **overrides.run_variables},
        carries=carries,
        writable=language.writable,
        start=start,
        static=None if start else language.static,
        release=overrides.release or language.release,
        processes=others,
        port=port,
        health_path=overrides.health_path or language.health_path,
        stop_signal=language.stop_signal,
        work_dir=language.work_dir,
        context_root=language.context_root or "",
        caches=overrides.caches is not False,
        reasons=(*language.reasons, *_version_reasons(language), *_reasons(overrides)),
        warnings=language.warnings,
        notes=(*language.notes, *notes),
    )


def _start(language: LanguagePlan, overrides: Overrides) -> tuple[str | None, int, tuple[str, ...]]:
    """The start command (None for a site of files), the port, and notes about both."""
    port = overrides.port or language.port or DEFAULT_PORT
    command = overrides.start if language.run_image else None
    command = command or language.start
    if command is None:
        if language.static is None:
            raise UnknownApp(
                f"This is a {language.framework or language.language} app, but nothing says how "
                f"to start it. {language.no_start}".strip(),
                hint=f'Set a start command (start = "…" in sotabox.toml, or a Procfile with a '
                f"line 'web: …'), or add a Dockerfile. See {DOCS}.",
            )
        return None, port, ()
    command, literal = replace_port(command)
    command, loopback = replace_loopback(command)
    notes = []
    if literal:
        notes.append(f"The port {literal} in the start command became $PORT ({port})")
    if loopback:
        notes.append(f"{loopback} in the start command became 0.0.0.0: else nobody reaches the app")
    return command, port, tuple(notes)


def _build(
    language: LanguagePlan, overrides: Overrides
) -> tuple[Toolchain | None, tuple[Carry, ...]]:
    """The toolchain with the person's commands and packages; and what is then carried."""
    tool, carries = language.toolchain, language.carries
    if not (
        overrides.install or overrides.build or overrides.build_packages or overrides.variables
    ):
        return tool, carries
    if tool is None:
        if not language.run_image or not (overrides.install or overrides.build):
            return None, carries
        tool = Toolchain(name=language.language, image=language.run_image)
    built_before = bool(tool.build)
    tool = replace(
        tool,
        packages=(*tool.packages, *overrides.build_packages),
        install=_replaced(tool.install, overrides.install),
        build=_replaced(tool.build, overrides.build),
        build_env={**tool.build_env, **overrides.variables},
    )
    return tool, carries if built_before else _carry_built(tool, carries)


def _replaced(steps: tuple[Step, ...], command: str | None) -> tuple[Step, ...]:
    """One step for `command`, with all the caches and binds that the replaced ones had."""
    if not command:
        return steps
    caches = tuple(dict.fromkeys(cache for step in steps for cache in step.caches))
    binds = tuple(dict.fromkeys(bind for step in steps for bind in step.binds))
    return (Step(command, caches, binds), *(step for step in steps if step.always))


def _carry_built(tool: Toolchain, carries: tuple[Carry, ...]) -> tuple[Carry, ...]:
    """What was carried from the source comes from the stage where commands ran in it."""
    stage = BUILD if tool.build else DEPENDENCIES
    if not tool.build and tool.files:
        return carries  # the install saw manifests only; the source goes its own way
    kept = [c for c in carries if not (c.stage == DEPENDENCIES and c.target.startswith(APP_DIR))]
    return tuple(
        Carry(stage, APP_DIR if c.path == "." else f"{APP_DIR}/{c.path}", c.target)
        if c.stage == SOURCE
        else c
        for c in kept
    )


def _version_reasons(language: LanguagePlan) -> tuple[Reason, ...]:
    return tuple(Reason(f"{v.tool} {v.version}", v.why) for v in language.versions)


def _reasons(overrides: Overrides) -> tuple[Reason, ...]:
    named = (
        ("install", "install command"), ("build", "build command"), ("start", "start command"),
        ("release", "release command"), ("port", "port"), ("health_path", "health path"),
        ("packages", "packages"), ("build_packages", "build packages"),
        ("static_root", "site's root"),
    )  # fmt: skip
    return tuple(
        Reason(f"{label} {value if not isinstance(value, tuple) else ' '.join(value)}",
               overrides.origin(name))
        for name, label in named
        if (value := getattr(overrides, name)) not in (None, ())
    )  # fmt: skip
