"""Requirement files and project files, read without running anything."""

import time

import pytest

from sotabox.builds.languages.python.project import read_pipfile, read_project
from sotabox.builds.languages.python.requirements import (
    normalise,
    parse_requirements,
    read_requirement_files,
)
from sotabox.builds.source import MemoryTree
from sotabox.errors import Invalid


@pytest.mark.parametrize(
    ("line", "name", "extras"),
    [
        ("Flask", "flask", set()),
        ("Django_REST.framework>=3 ; python_version < '4'", "django-rest-framework", set()),
        ("fastapi[standard, All]==0.1", "fastapi", {"standard", "all"}),
        ("x @ git+https://host/x.git@v1", "x", set()),
        ("git+ssh://git@host/y.git#egg=y[redis]", "y", {"redis"}),
        ("git+https://host/me/Flask.git@3.0.3", "flask", set()),
        ("git+ssh://git@host/me/my_lib", "my-lib", set()),
        ("pkg~=1.0  # because", "pkg", set()),
    ],
)
def test_requirement_of_any_spelling_is_understood(line: str, name: str, extras: set[str]) -> None:
    """A package is found under all of its spellings, with its extras."""
    assert dict(parse_requirements([line]).extras) == {name: frozenset(extras)}


@pytest.mark.parametrize(
    "line", [".", "./libs/x", "file:../x", "x @ file:///app/x", "wheels/x.whl"]
)
def test_requirement_in_the_archive_needs_the_source(line: str) -> None:
    """A package of the archive itself is installed after the source is there."""
    assert parse_requirements([line]).local


@pytest.mark.parametrize(
    "line", ["flask", "x @ https://host/x-1.whl", "a/b", "git+https://h/x#egg=x"]
)
def test_requirement_from_an_index_needs_no_source(line: str) -> None:
    """Everything else is one cached layer."""
    assert parse_requirements([line]).local is (line == "a/b")


def test_requirement_files_are_followed_with_their_constraints() -> None:
    """Every included file is copied before the install; a constraint is no dependency."""
    files = read_requirement_files(
        MemoryTree(
            {
                "requirements.txt": "-r req/base.txt\n--extra-index-url https://h/simple\n",
                "req/base.txt": "-c limits.txt\n-r ../requirements.txt\nFlask \\\n  ==3 # x\n"
                "attrs==1 --hash=sha256:00\n",
                "req/limits.txt": "werkzeug<4\n",
            }
        ),
        "requirements.txt",
    )
    assert files.paths == ("requirements.txt", "req/base.txt", "req/limits.txt")
    assert set(files.dependencies.extras) == {"flask", "attrs"}
    assert {"--extra-index-url", "--hash"} <= files.options


def test_comment_names_no_dependency() -> None:
    """A comment can't make an app a Flask app."""
    tree = MemoryTree({"requirements.txt": "# flask\nbottle # instead of flask\n"})
    assert set(read_requirement_files(tree, "requirements.txt").dependencies.extras) == {"bottle"}


def test_requirements_of_powershell_are_read() -> None:
    """`pip freeze > requirements.txt` on Windows writes UTF-16."""
    text = "\ufffd\ufffd" + "".join(f"{letter}\x00" for letter in "flask==3\r\n")
    files = read_requirement_files(MemoryTree({"requirements.txt": text}), "requirements.txt")
    assert (set(files.dependencies.extras), files.utf16) == ({"flask"}, True)


def test_editable_install_needs_the_source() -> None:
    """`-e .` installs the app itself."""
    tree = MemoryTree({"requirements.txt": "-e .\nflask\n"})
    assert read_requirement_files(tree, "requirements.txt").dependencies.local


def test_names_normalise_as_the_index_does() -> None:
    """`Foo__Bar.baz` and `foo-bar-baz` are one package."""
    assert normalise("Foo__Bar.baz") == "foo-bar-baz"


def test_project_of_poetry_and_standard_tables_is_read() -> None:
    """Both ways to list dependencies, and both ways to name scripts."""
    text = (
        '[project]\nname = "a"\n[project.scripts]\nx = "a:main"\n[tool.poetry.dependencies]\n'
        'python = "^3.12"\nFlask = {version = "^3", extras = ["async"]}\nlib = {path = "../lib"}\n'
    )
    project = read_project(MemoryTree({"pyproject.toml": text}))
    assert dict(project.dependencies.extras) == {"flask": frozenset({"async"}), "lib": frozenset()}
    assert (project.requires_python, project.dependencies.local) == ("^3.12", True)
    assert dict(project.scripts) == {"x": "a:main"}


@pytest.mark.parametrize("text", ["[tool.ruff]\n", "[tool.black]\n[tool.pytest.ini_options]\n"])
def test_project_of_tools_says_nothing_of_an_app(text: str) -> None:
    """A linter's configuration is no manifest."""
    assert read_project(MemoryTree({"pyproject.toml": text})).tools_only


def test_project_of_wrong_types_is_tolerated() -> None:
    """Odd values are left out instead of failing the deploy."""
    text = (
        '[project]\nname = 3\ndependencies = {a = 1}\nscripts = "x"\n[tool]\npoetry = 1\nuv = []\n'
    )
    project = read_project(MemoryTree({"pyproject.toml": text}))
    assert (project.name, dict(project.dependencies.extras)) == ("3", {})


@pytest.mark.parametrize("path", ["pyproject.toml", "Pipfile"])
def test_project_that_is_no_toml_is_refused_by_name(path: str) -> None:
    """A broken file is named, with the place of the error."""
    tree = MemoryTree({path: "[project\n"})
    with pytest.raises(Invalid, match=rf"{path} is not valid TOML"):
        read_project(tree) if path.startswith("p") else read_pipfile(tree)


@pytest.mark.parametrize(
    "line", ["a/" * 120_000 + "!", "a" + " " * 240_000 + "@", "a-" * 120_000, "[" * 240_000]
)
def test_hostile_requirement_is_read_in_linear_time(line: str) -> None:
    """No line can keep the box busy."""
    before = time.process_time()
    read_requirement_files(MemoryTree({"requirements.txt": line}), "requirements.txt")
    assert time.process_time() - before < 0.5


def test_project_of_endless_nesting_is_refused() -> None:
    """A hostile manifest is the archive's error, not the box's."""
    with pytest.raises(Invalid, match=r"pyproject\.toml is not valid TOML"):
        read_project(MemoryTree({"pyproject.toml": "a = " + "[" * 100_000}))
