"""Which Node an app asks for, in all the places where people write it."""

import json
from collections.abc import Mapping

import pytest

from sotabox.builds.detect import detect
from sotabox.builds.source import MemoryTree


def node_of(
    files: Mapping[str, str], env: Mapping[str, str] | None = None, **package: object
) -> str:
    manifest = {"scripts": {"start": "node a.js"}, **package}
    plan = detect(MemoryTree({"package.json": json.dumps(manifest), **files}), env=env)
    (version,) = [version for version in plan.versions if version.tool == "node"]
    return version.version


@pytest.mark.parametrize(
    ("files", "package", "version"),
    [
        ({}, {}, "22"),
        ({".nvmrc": "v20.11.1\n"}, {}, "20.11.1"),
        ({".nvmrc": "lts/iron"}, {}, "20"),
        ({".nvmrc": "lts/*"}, {}, "22"),
        ({".nvmrc": "lts/*"}, {"engines": {"node": "20.x"}}, "20"),
        ({".node-version": "24"}, {}, "24"),
        ({".tool-versions": "python 3.12\nnodejs 20.1.0"}, {}, "20.1.0"),
        ({"mise.toml": '[tools]\nnode = "24"'}, {}, "24"),
        ({}, {"engines": {"node": ">=18"}}, "22"),
        ({}, {"engines": {"node": "^20.1"}}, "20"),
        ({}, {"engines": {"node": "18 || 20"}}, "20"),
        ({}, {"volta": {"node": "20.9.0"}}, "20.9.0"),
        ({".nvmrc": "20"}, {"engines": {"node": ">=18"}}, "20"),
        ({".nvmrc": ">=18"}, {"engines": {"node": "24"}}, "24"),
    ],
)
def test_version_is_read_where_people_put_it(
    files: Mapping[str, str], package: Mapping[str, object], version: str
) -> None:
    """The build runs on the Node that the repository names; a pin counts more than a range."""
    assert node_of(files, **package) == version


def test_version_that_a_person_sets_beats_the_repository() -> None:
    """A variable of today wins over a file of last year."""
    env = {"RAILPACK_NODE_VERSION": "24"}
    assert node_of({".nvmrc": "20"}, env) == "24"
