"""Which Python: every place where people say it."""

from collections.abc import Mapping

import pytest

from sotabox.builds.languages.python.project import read_pipfile, read_project
from sotabox.builds.languages.python.version import python_version
from sotabox.builds.overrides import Overrides
from sotabox.builds.source import MemoryTree


def version(files: Mapping[str, str], **set_: object) -> tuple[str, tuple[str, ...]]:
    tree = MemoryTree(files)
    found, warnings = python_version(
        tree,
        read_project(tree),
        read_pipfile(tree)[1],
        Overrides(**set_),  # type: ignore[arg-type]
    )
    return found.version, warnings


@pytest.mark.parametrize(
    ("files", "wanted"),
    [
        ({}, "3.13"),
        ({".python-version": "3.12\n"}, "3.12"),
        ({".python-version": "# ours\ncpython-3.12.3\n"}, "3.12.3"),
        ({".python-version": "3\n"}, "3.13"),
        ({"runtime.txt": "python-3.12.4"}, "3.12.4"),
        ({".tool-versions": "nodejs 20\npython 3.11.9\n"}, "3.11.9"),
        ({"mise.toml": '[tools]\npython = "3.12"\n', ".python-version": "3.11"}, "3.12"),
        ({"mise.toml": '[tools]\npython = "latest"\n', ".python-version": "3.11"}, "3.11"),
        ({"Pipfile": '[requires]\npython_version = "3.11"\n'}, "3.11"),
        (
            {"Pipfile": '[requires]\npython_version = "3.11"\npython_full_version = "3.11.4"\n'},
            "3.11.4",
        ),
        ({"pyproject.toml": '[project]\nname="a"\nrequires-python = ">=3.10"\n'}, "3.13"),
        ({"pyproject.toml": '[project]\nname="a"\nrequires-python = ">=3.9,<3.13"\n'}, "3.12"),
        ({"pyproject.toml": '[project]\nname="a"\nrequires-python = "==3.11.*"\n'}, "3.11"),
        ({"pyproject.toml": '[project]\nname="a"\nrequires-python = ">=3.14"\n'}, "3.14"),
        ({"pyproject.toml": '[tool.poetry.dependencies]\npython = "~3.12"\n'}, "3.12"),
        ({"uv.lock": 'version = 1\nrequires-python = "==3.12.*"\n'}, "3.12"),
    ],
)
def test_version_is_read_from_where_people_put_it(files: Mapping[str, str], wanted: str) -> None:
    """The Python that an app was written for runs it."""
    assert version(files)[0] == wanted


def test_version_set_by_a_person_wins() -> None:
    """Today's setting is stronger than yesterday's file."""
    assert version({".python-version": "3.11"}, versions={"python": "3.12"})[0] == "3.12"


def test_version_outside_the_projects_range_is_said() -> None:
    """A pin that the project itself excludes is named before the install fails."""
    files = {".python-version": "3.11", "pyproject.toml": '[project]\nrequires-python = ">=3.12"\n'}
    found, warnings = version(files)
    assert found == "3.11"
    assert any("requires-python" in warning for warning in warnings)
