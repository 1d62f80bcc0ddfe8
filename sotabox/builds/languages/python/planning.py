"""The plan of an app whose manager and start are known: stages, and what the image holds.

The environment is made in the dependency stage and taken from there; the source goes its own way,
through the build stage only where something is built from it. So a changed source moves itself.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from sotabox.builds.bases import image_of
from sotabox.builds.languages.assets import ASSETS, assets_helper
from sotabox.builds.languages.ports import Listening, find_port, habits
from sotabox.builds.languages.python.files import MAIN_FILES
from sotabox.builds.languages.python.install import (
    ENV_PREFIXES,
    PACKAGE,
    VENV,
    Extras,
    environment_of,
    install_steps,
    setup_steps,
)
from sotabox.builds.languages.python.package import Package, find_package
from sotabox.builds.languages.python.packages import SystemPackages, system_packages
from sotabox.builds.languages.python.sites import Site
from sotabox.builds.languages.python.subject import Subject
from sotabox.builds.languages.python.telling import tell_notes, tell_reasons, tell_warnings
from sotabox.builds.overrides import Overrides
from sotabox.builds.plan import (
    APP_DIR,
    BUILD,
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

_BROWSERS: Final = "/opt/playwright"
_RUN_ENV: Final = {
    "PYTHONUNBUFFERED": "1",
    "PYTHONFAULTHANDLER": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
}
_PORTS: Final = habits(
    "*.py",
    r"""["']PORT["']|\bBaseSettings\b|\bdynaconf\b|\benvirons\b""",
    r"""\b(?:\w+_)?(?:port|PORT)\s*(?::\s*int\s*)?=\s*(\d{4,5})\b""",
    r"""["']--?p(?:ort)?["'][^\n]*\bdefault\s*=\s*(\d{4,5})\b""",
    r"""\bport\w*\s*=[^\n]*\belse\s+(\d{4,5})\b""",
    r"""\.(?:listen|bind|run|start)\(\s*(\d{4,5})\b""",
    r"""\(\s*["'](?:0\.0\.0\.0|::|)["']\s*,\s*(\d{4,5})\b""",
    r"""["'][\w.]*port["']\s*:\s*(\d{4,5})\b""",
)
#: What runtimes of JavaScript link with, and what unpacks their downloads.
_FOR_RUNTIMES: Final = ("libstdc++6", "unzip", "ca-certificates")
#: Up to here people's apps rely on the setuptools that environments used to have.
_WITH_SETUPTOOLS: Final = (3, 11)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    """What the plan is put together from."""

    subject: Subject
    overrides: Overrides
    image: str
    packages: SystemPackages
    toolchain: Toolchain | None
    helpers: tuple[Toolchain, ...] = ()
    package: Package | None = None  # the app itself, installed
    browser: bool = False


def plan_app(subject: Subject, version: Version, overrides: Overrides) -> LanguagePlan:
    """The plan of an app that runs."""
    parts = _parts(subject, version, overrides)
    start = subject.start
    listening = _listening(subject, overrides)
    return LanguagePlan(
        language="python",
        framework=start.framework if start else "python",
        versions=_versions(subject, version),
        toolchain=parts.toolchain,
        helpers=parts.helpers,
        run_image=parts.image,
        run_packages=parts.packages.run,
        run_env=_run_env(parts),
        carries=tuple(_carries(parts)),
        start=start.command if start else None,
        port=listening.port,
        no_start="Looked for: an app object of a web framework, a script in pyproject.toml, a "
        f"package with __main__.py, {', '.join(MAIN_FILES[:6])}.",
        work_dir=_below(APP_DIR, subject.directory, start.directory if start else ""),
        reasons=(
            *tell_reasons(subject, parts.packages, parts.helpers, overrides),
            *listening.reasons,
        ),
        warnings=(*tell_warnings(subject), *listening.warnings),
        notes=tuple(tell_notes(subject, overrides)),
    )


def _listening(subject: Subject, overrides: Overrides) -> Listening:
    """Where a file that serves by itself listens."""
    start = subject.start
    if start is None or not start.file or overrides.start:
        return Listening()
    return find_port(subject.tree, _PORTS, overrides, (_below(subject.directory, start.file),))


def plan_site(subject: Subject, site: Site, version: Version, overrides: Overrides) -> LanguagePlan:
    """The plan of documentation that builds to files."""
    if site.added:
        # Its configuration is all that says what to install.
        subject = replace(subject, manager=replace(subject.manager, files=(site.why,)))
    tool = _toolchain(subject, version, overrides, Extras(packages=site.added), SystemPackages())
    return LanguagePlan(
        language="python",
        framework=site.slug,
        versions=_versions(subject, version),
        toolchain=replace(tool, build=(Step(site.build),)),
        static=Static(root=site.output, built=True, fallback=bool(overrides.static_fallback)),
        carries=(),
        health_path="/",
        reasons=(Reason(f"a site of files, in {site.output}", site.why),),
        warnings=subject.manager.warnings,
        notes=subject.manager.notes,
    )


def _parts(subject: Subject, version: Version, overrides: Overrides) -> _Parts:
    manager, django, start = subject.manager, subject.django, subject.start
    browser = overrides.flag("PYTHON_PLAYWRIGHT_INSTALL") and bool(
        manager.dependencies.has("playwright")
    )
    packages = system_packages(
        manager.dependencies, geodjango=bool(django and django.gis), browser=browser
    )
    added = tuple(a for a in start.added if _is_used(a, overrides)) if start else ()
    helper = assets_helper(subject.tree, overrides)
    by_hand = overrides.build or overrides.install
    package = None if by_hand else find_package(subject.tree, subject.project, manager)
    toolchain = None
    if manager.name or helper or overrides.install or overrides.build:
        extras = Extras(packages=added, browser=browser)
        toolchain = replace(
            _toolchain(subject, version, overrides, extras, packages),
            needs=(*((ASSETS,) if helper else ()), *_runtimes(subject, overrides)),
            build=tuple(_build(subject, package)),
            packages=(*packages.build, *(_FOR_RUNTIMES if start and start.runtimes else ())),
        )
        if package and package.plain:
            steps = (*toolchain.install, package.step(manager))
            toolchain = replace(toolchain, install=steps)
    return _Parts(
        subject=subject,
        overrides=overrides,
        image=image_of("python", version.version, overrides.images),
        packages=packages,
        toolchain=toolchain,
        helpers=(helper,) if helper else (),
        package=package,
        browser=browser,
    )


def _runtimes(subject: Subject, overrides: Overrides) -> Iterator[Carry]:
    """The programs that run JavaScript in the build, from their own images."""
    for name in subject.start.runtimes if subject.start else ():
        path = f"/usr/local/bin/{name}"
        yield Carry(image_of(name, "", overrides.images), path, path)


def _is_used(requirement: str, overrides: Overrides) -> bool:
    """Whether what we add is what starts the app: by our command, or by a person's."""
    return overrides.start is None or requirement.partition("=")[0] in overrides.start.split()


def _toolchain(
    subject: Subject,
    version: Version,
    overrides: Overrides,
    extras: Extras,
    packages: SystemPackages,
) -> Toolchain:
    manager = subject.manager
    old = tuple(int(part) for part in version.version.split(".")[:2]) <= _WITH_SETUPTOOLS
    by_hand = bool(overrides.install or overrides.build)
    env = environment_of(manager)
    if extras.browser:
        env["PLAYWRIGHT_BROWSERS_PATH"] = _BROWSERS
    return Toolchain(
        name="python",
        image=image_of("python", version.version, overrides.images),
        packages=packages.build,
        env=env,
        setup=setup_steps(manager, pip_inside=old or by_hand),
        files=() if overrides.install else manager.files,
        install=install_steps(manager, extras),
        env_prefixes=ENV_PREFIXES,
    )


def _build(subject: Subject, package: Package | None) -> Iterator[Step]:
    if package and not package.plain:
        yield package.step(subject.manager)
    if subject.start and subject.start.build:
        yield Step(subject.start.build)
    django = subject.django
    if django and django.static_root and subject.start and subject.start.framework == "django":
        place = _below("", subject.directory, django.directory).strip("/")
        yield Step(f"cd {place} && {django.collect()}" if place else django.collect())


def _carries(parts: _Parts) -> Iterator[Carry]:
    tool = parts.toolchain
    package = parts.package
    own = len(tool.build) - bool(package and not package.plain) if tool else 0
    built = tool is not None and bool(tool.needs or own)
    if tool is not None:
        # A person's build command may install more.
        stage = BUILD if parts.overrides.build else DEPENDENCIES
        yield Carry(stage, VENV, VENV)
    if parts.browser:
        yield Carry(DEPENDENCIES, _BROWSERS, _BROWSERS)
    if package:
        yield Carry(DEPENDENCIES if package.plain else BUILD, PACKAGE, PACKAGE)
    yield Carry(BUILD, APP_DIR, APP_DIR) if built else Carry(SOURCE, ".", APP_DIR)


def _run_env(parts: _Parts) -> dict[str, str]:
    start = parts.subject.start
    env = dict(_RUN_ENV)
    paths = []
    if parts.toolchain is not None:
        env["PATH"] = f"{VENV}/bin:$PATH"
        env["VIRTUAL_ENV"] = VENV
    if start and start.root:
        paths.append(_below(APP_DIR, parts.subject.directory, start.root))
    if package := parts.package:
        env["PATH"] = f"{VENV}/bin:{PACKAGE}/bin:$PATH"
        paths += [_below(APP_DIR, package.root), PACKAGE] if package.plain else [PACKAGE]
    if paths:
        env["PYTHONPATH"] = ":".join(dict.fromkeys(paths))
    if parts.browser:
        env["PLAYWRIGHT_BROWSERS_PATH"] = _BROWSERS
    if start:
        env |= start.env
    if parts.overrides.start:
        env.pop("GUNICORN_CMD_ARGS", None)  # a person's own command says it all
    return env


def _versions(subject: Subject, version: Version) -> tuple[Version, ...]:
    manager = subject.manager
    if not manager.name or manager.tool == "pip":
        return (version,)
    return (version, Version(manager.tool, manager.version, manager.why))


def _below(*parts: str) -> str:
    return "/".join(part for part in parts if part)
