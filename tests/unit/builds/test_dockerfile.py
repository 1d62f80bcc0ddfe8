"""The Dockerfiles that plans render to."""

import json
import re
from collections.abc import Callable

import pytest

from sotabox.builds.compose import compose_plan
from sotabox.builds.dockerfile import RenderOptions, render_dockerfile
from sotabox.builds.overrides import Overrides
from sotabox.builds.plan import (
    BUILD,
    DEPENDENCIES,
    SOURCE,
    Bind,
    BuildPlan,
    Cache,
    Carry,
    LanguagePlan,
    Static,
    Step,
    Toolchain,
)

PIP = Cache("pip", "/root/.cache/pip")
INTERPRETED = LanguagePlan(
    language="python",
    framework="flask",
    toolchain=Toolchain(
        name="python",
        image="python:3.13-slim",
        packages=("gcc",),
        env={"PIP_NO_INPUT": "1"},
        files=("requirements.txt", "req/base.txt"),
        install=(Step("python -m venv /opt/venv && pip install -r requirements.txt", (PIP,)),),
        env_prefixes=("PIP_",),
    ),
    run_image="python:3.13-slim",
    run_packages=("libpq5",),
    run_env={"PATH": "/opt/venv/bin:$PATH"},
    carries=(Carry(DEPENDENCIES, "/opt/venv", "/opt/venv"), Carry(SOURCE, ".", "/app")),
    start="gunicorn -b 0.0.0.0:$PORT app:app",
)
BUILT_SITE = LanguagePlan(
    language="node",
    framework="vite",
    toolchain=Toolchain(
        name="node",
        image="node:22-slim",
        files=("package.json", "package-lock.json"),
        install=(Step("npm ci", (Cache("npm", "/root/.npm"),)),),
        build=(Step("npm run build"),),
    ),
    carries=(),
    static=Static(root="dist", fallback=True, built=True),
)
WITH_HELPER = LanguagePlan(
    language="python",
    framework="django",
    helpers=(
        Toolchain(
            name="assets",
            image="node:22-slim",
            files=("package.json",),
            install=(Step("npm install"),),
            build=(
                Step(
                    "npm run build",
                    binds=(Bind("assets-dependencies", "/app/node_modules", "/app/node_modules"),),
                ),
            ),
            fresh=True,
        ),
    ),
    toolchain=Toolchain(
        name="python",
        image="python:3.13-slim",
        files=("requirements.txt",),
        install=(Step("pip install -r requirements.txt"),),
        needs=(Carry("assets", "/app/static", "/app/static"),),
        build=(Step("python manage.py collectstatic --noinput"),),
    ),
    run_image="python:3.13-slim",
    carries=(Carry(BUILD, "/app", "/app"),),
    start="gunicorn core.wsgi",
    work_dir="/app/core",
    stop_signal="SIGINT",
)


def compose(language: LanguagePlan, **set_: object) -> BuildPlan:
    return compose_plan(language, Overrides(**set_), {})  # type: ignore[arg-type]


def render(plan: BuildPlan, **options: object) -> str:
    return render_dockerfile(plan, RenderOptions(project="p1", **options))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "plan", "options"),
    [
        ("interpreted", compose(INTERPRETED), {}),
        (
            "interpreted-all-secrets",
            compose(INTERPRETED),
            {"build_env": True, "install_env": True, "host_env": True, "ca": True},
        ),
        (
            "interpreted-with-build-command",
            compose(INTERPRETED, build="make a; make b"),
            {"build_env": True},
        ),
        ("built-site", compose(BUILT_SITE), {"build_env": True}),
        ("helper", compose(WITH_HELPER), {}),
        ("helper-taken-along", compose(WITH_HELPER), {"source": ""}),
    ],
)
def test_dockerfile_of_plan_is_the_golden_one(
    name: str, plan: BuildPlan, options: dict[str, object], golden: Callable[[str, str], None]
) -> None:
    """Same plan, same Dockerfile; a change of what is built is seen in review."""
    golden(name, render(plan, **options))


def test_dockerfile_without_variables_mounts_no_secret() -> None:
    """A project without variables builds on an engine that offers no secrets."""
    assert "secret" not in render(compose(INTERPRETED))


def test_dockerfile_build_secret_is_hashed_right_before_its_step() -> None:
    """A changed variable builds again and reinstalls nothing."""
    text = render(compose(BUILT_SITE), build_env=True)
    assert text.index("npm ci") < text.index("ARG SOTABOX_ENV_HASH") < text.index("npm run build")
    assert text.count("ARG ") == 1


def test_dockerfile_dependencies_come_before_source() -> None:
    """A changed source file leaves the installed dependencies alone."""
    for language in (INTERPRETED, BUILT_SITE, WITH_HELPER):
        text = render(compose(language))
        main = text.index(" AS dependencies")
        installed = re.search(r"RUN .*(npm ci|pip install)", text[main:])
        copied = re.search(r"COPY .*source/ (\./|/app)", text[main:])
        assert installed
        assert copied
        assert installed.start() < copied.start()


@pytest.mark.parametrize("value", ['a"b', "a b", "$HOME", "back\\slash", "ü"])
def test_dockerfile_environment_values_are_kept_as_they_are(value: str) -> None:
    """A value with quotes, dollars or blanks reaches the app unchanged."""
    text = render(compose(INTERPRETED, variables={"KEY": value}, build="true"))
    line = next(line for line in text.splitlines() if line.startswith("ENV KEY="))
    quoted = line.removeprefix("ENV KEY=").strip('"')
    unescaped = quoted.replace('\\"', '"').replace("\\$", "$").replace("\\\\", "\\")
    assert unescaped == value
    assert "$" not in quoted.replace("\\$", "")


def test_dockerfile_multi_line_command_stays_one_step() -> None:
    """A build command of several lines can't end the instruction early."""
    text = render(compose(INTERPRETED, build="make a\nmake b"), build_env=True)
    line = next(line for line in text.splitlines() if "make a" in line)
    command = json.loads(line[line.index("[") :])
    assert command[:2] == ["/bin/sh", "-c"]
    assert command[2].endswith("{ make a\nmake b\n}")


def test_dockerfile_caches_can_be_switched_off() -> None:
    """A build that a cache confuses can do without."""
    assert "type=cache" in render(compose(INTERPRETED))
    assert "type=cache" not in render(compose(INTERPRETED, caches=False))


def test_dockerfile_never_names_a_frontend() -> None:
    """A build needs no registry for its own syntax."""
    assert "# syntax" not in render(compose(WITH_HELPER))
