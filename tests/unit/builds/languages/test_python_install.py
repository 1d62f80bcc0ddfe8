"""Managers, layers and packages: what a plan installs, and what a change installs again."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from sotabox.builds.detect import detect
from sotabox.builds.dockerfile import RenderOptions, render_dockerfile
from sotabox.builds.explain import explain_plan
from sotabox.builds.overrides import Overrides
from sotabox.builds.plan import BUILD, DEPENDENCIES, SOURCE, BuildPlan
from sotabox.builds.source import DirectoryTree, MemoryTree
from sotabox.errors import UnknownApp

APPS = Path(__file__).parents[3] / "apps"
FLASK = {"app.py": "app = Flask(__name__)\n"}
PROJECT = '[project]\nname = "shop"\nversion = "1"\ndependencies = ["flask"]\n'
HATCH = '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'


def plan(
    files: Mapping[str, str], env: Mapping[str, str] | None = None, **set_: object
) -> BuildPlan:
    return detect(MemoryTree(files), Overrides(**set_), env)  # type: ignore[arg-type]


def dockerfile(built: BuildPlan) -> str:
    return render_dockerfile(built, RenderOptions(project="p1"))


def told(built: BuildPlan) -> str:
    return "\n".join(explain_plan(built))


@pytest.mark.parametrize(
    "app",
    [
        "python-flask",  # nothing built
        "python-flask-factory",  # included files, a server added
        "python-fastapi-pyproject",
        "python-fastapi-uv",  # a package
        "python-django-poetry",  # static files
        "python-starlette-pdm",
        "python-bottle-pipenv",
        "python-setup",
        "python-main",  # nothing installed
        "python-mkdocs",  # a site
    ],
)
def test_dockerfile_of_app_is_the_golden_one(app: str, golden: Callable[[str, str], None]) -> None:
    """Same app, same Dockerfile: a change of it is seen and read before it is committed."""
    golden(app, dockerfile(detect(DirectoryTree(APPS / app))))


@pytest.mark.parametrize(
    ("files", "manager"),
    [
        ({"pyproject.toml": PROJECT, "uv.lock": "", "requirements.txt": "flask"}, "uv"),
        ({"pyproject.toml": PROJECT, "poetry.lock": "", "requirements.txt": "flask"}, "poetry"),
        ({"pyproject.toml": PROJECT, "pdm.lock": ""}, "pdm"),
        ({"Pipfile": "[packages]\nflask = '*'\n", "requirements.txt": "flask"}, "pipenv"),
        ({"pyproject.toml": PROJECT, "requirements.txt": "flask"}, "pip"),
        ({"pyproject.toml": "[tool.poetry.dependencies]\nflask = '^3'\n"}, "poetry"),
        ({"pyproject.toml": PROJECT}, "pip"),
        ({"requirements/production.txt": "flask"}, "pip"),
        ({"setup.py": "setup(install_requires=['flask'])"}, "pip"),
        ({"uv.lock": "", "requirements.txt": "flask"}, "pip"),
    ],
)
def test_manager_is_the_one_that_made_the_lock(files: Mapping[str, str], manager: str) -> None:
    """The lock says which versions a person tested; a plain list comes after it."""
    built = plan(FLASK | files)
    assert f"package manager {manager}: " in told(built)
    assert built.framework == "flask"


def test_two_locks_are_said() -> None:
    """Nobody wonders which of two locks was installed."""
    built = plan(FLASK | {"pyproject.toml": PROJECT, "uv.lock": "", "poetry.lock": ""})
    assert "There is more than one lock: uv.lock is used, not poetry.lock" in built.warnings


@pytest.mark.parametrize("app", sorted(path.name for path in APPS.glob("python-*")))
def test_source_is_carried_apart_from_dependencies(app: str) -> None:
    """A changed source moves itself, and no dependency."""
    built = detect(DirectoryTree(APPS / app))
    if built.toolchain is None or built.static:
        return
    assert built.toolchain.files
    assert {c.stage for c in built.carries if c.target == "/opt/venv"} == {DEPENDENCIES}
    assert {c.stage for c in built.carries if c.target == "/app"} <= {SOURCE, BUILD}


@pytest.mark.parametrize(
    "files",
    [
        {"requirements.txt": "-e .\nflask\n"},
        {"requirements.txt": "./libs/x\nflask\n"},
        {"pyproject.toml": PROJECT + '[tool.uv.sources]\nx = {path = "libs/x"}\n', "uv.lock": ""},
    ],
)
def test_source_comes_first_where_it_is_a_dependency(files: Mapping[str, str]) -> None:
    """An app that installs a part of itself is installed whole."""
    built = plan(FLASK | files)
    assert built.toolchain is not None
    assert built.toolchain.files == ()
    assert "the source comes before the install" in told(built)


@pytest.mark.parametrize("option", ["--pre", "--trusted-host h", "--use-pep517"])
def test_requirements_with_flags_of_pip_are_installed_by_pip(option: str) -> None:
    """A flag that only pip knows is not left out."""
    text = dockerfile(plan(FLASK | {"requirements.txt": f"{option}\nflask\n"}))
    assert "pip --python /opt/venv/bin/python install -r requirements.txt" in text
    assert "uv pip" not in text


def test_plain_package_is_installed_without_its_source() -> None:
    """A package's version and entry points are there, and a change of its code builds nothing."""
    files = {
        "pyproject.toml": PROJECT + HATCH,
        "src/shop/__init__.py": "app = Flask('x')\n",
        "README.md": "",
    }
    built = plan(files)
    assert built.toolchain is not None
    assert built.toolchain.build == ()
    assert "touch src/shop/__init__.py README.md" in dockerfile(built)
    assert built.run_env["PYTHONPATH"] == "/app/src:/opt/package"


@pytest.mark.parametrize(
    "more",
    [
        HATCH.replace("hatchling.build", "maturin"),
        HATCH + "[tool.hatch.build.hooks.vcs]\nversion-file = 'x'\n",
        HATCH + "[tool.hatch.build.targets.wheel.force-include]\na = 'b'\n",
        HATCH.replace("hatchling.build", "setuptools.build_meta") + "[tool.setuptools]\next-modules = []\n",
    ],
)  # fmt: skip
def test_computed_package_is_built_from_its_source(more: str) -> None:
    """Compiled parts and generated files come from the code as it is."""
    built = plan({"pyproject.toml": PROJECT + more, "src/shop/__init__.py": "app = Flask('x')\n"})
    assert built.toolchain is not None
    assert [s.run for s in built.toolchain.build] == [
        "uv pip install --no-deps --target /opt/package ."
    ]
    assert built.run_env["PYTHONPATH"].startswith("/app/src:/opt/package")


def test_project_without_a_build_system_is_not_installed() -> None:
    """An app that is no package only gets its dependencies."""
    built = plan({"pyproject.toml": PROJECT, "src/shop/__init__.py": "app = Flask('x')\n"})
    assert "/opt/package" not in dockerfile(built)


@pytest.mark.parametrize(
    ("requirement", "build", "run"),
    [
        ("psycopg2", {"libpq-dev", "gcc", "libc6-dev"}, {"libpq5"}),
        ("psycopg2-binary", set(), set()),
        ("psycopg", set(), {"libpq5"}),
        ("psycopg[binary]", set(), set()),
        ("Pillow", set(), set()),
        ("opencv-python", set(), {"libgl1", "libglib2.0-0"}),
        ("x @ git+https://h/x", {"git"}, set()),
    ],
)
def test_system_packages_are_those_that_dependencies_need(
    requirement: str, build: set[str], run: set[str]
) -> None:
    """A slim image gets what is missing: compilers to build with, libraries to run with."""
    built = plan(FLASK | {"requirements.txt": f"flask\n{requirement}\n"})
    assert built.toolchain is not None
    assert (set(built.toolchain.packages), set(built.run_packages)) == (build, run)


def test_playwright_brings_its_browser_when_asked() -> None:
    """A browser of some hundred megabytes is in the image of those who want it."""
    files = FLASK | {"requirements.txt": "flask\nplaywright\n"}
    assert "chromium" not in dockerfile(plan(files))
    text = dockerfile(plan(files, {"RAILPACK_PYTHON_PLAYWRIGHT_INSTALL": "1"}))
    assert "playwright install --only-shell chromium" in text
    assert "libnss3" in text


def test_build_command_of_a_person_may_install_more() -> None:
    """What `pip install` adds in a build command is in the image, and there is a pip to do it."""
    built = plan(FLASK | {"requirements.txt": "flask"}, build="pip install extra")
    assert built.toolchain is not None
    assert "python -m venv /opt/venv" in built.toolchain.setup[0].run
    assert {c.stage for c in built.carries} == {BUILD}


def test_install_command_of_a_person_works_without_a_manifest() -> None:
    """An install command alone makes an environment that the app then has."""
    built = plan({"main.py": "import os\nos.environ['PORT']\n"}, install="pip install flask")
    text = dockerfile(built)
    assert "python -m venv /opt/venv" in text
    assert "COPY --chown=10001:10001 --from=dependencies /opt/venv /opt/venv" in text


def test_old_python_keeps_its_setuptools() -> None:
    """Apps of up to 3.11 import what their environment always had."""
    files = FLASK | {"requirements.txt": "flask", ".python-version": "3.11"}
    assert "python -m venv /opt/venv" in dockerfile(plan(files))


WORKSPACE = {
    "pyproject.toml": '[tool.uv.workspace]\nmembers = ["packages/*"]\n',
    "uv.lock": "",
    "packages/api/pyproject.toml": PROJECT.replace("shop", "api"),
    "packages/api/main.py": "app = Flask('x')\n",
    "packages/core/pyproject.toml": PROJECT.replace("shop", "core"),
    "packages/core/core/__init__.py": "",
}


def test_workspace_starts_its_one_app() -> None:
    """The member that can be served is installed with what it needs, and runs in its directory."""
    built = plan(WORKSPACE)
    assert built.start == "gunicorn -b 0.0.0.0:$PORT main:app"
    assert built.work_dir == "/app/packages/api"
    assert "uv sync --no-dev --no-editable --package api" in dockerfile(built)


def test_workspace_with_two_apps_names_them_and_builds_the_chosen_one() -> None:
    """A person is asked which one it shall be; it is then built by the workspace's lock."""
    files = {f"python/{path}": text for path, text in WORKSPACE.items()}
    files["python/packages/core/main.py"] = "app = Flask('x')\n"
    with pytest.raises(UnknownApp, match="packages/api, packages/core"):
        plan(files)
    built = detect(MemoryTree(files), Overrides(root_directory="python/packages/core"))
    assert (built.context_root, built.work_dir) == ("python", "/app/packages/core")
    assert "uv sync --no-dev --no-editable --package core" in dockerfile(built)


def test_locks_of_the_apps_name_no_registry() -> None:
    """The apps build behind any mirror."""
    locks = [
        path
        for name in ("poetry.lock", "pdm.lock", "Pipfile.lock")
        for path in APPS.glob(f"*/{name}")
    ]
    assert len(locks) == 3
    for lock in locks:
        assert "://" not in lock.read_text(), lock
