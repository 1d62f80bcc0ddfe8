"""Which manager, in which version."""

import json
from collections.abc import Mapping

import pytest

from sotabox.builds.languages.node.manager import Manager, choose_manager
from sotabox.builds.languages.node.manifest import read_manifest
from sotabox.builds.overrides import Overrides
from sotabox.builds.source import MemoryTree


def choose(files: Mapping[str, str], **package: object) -> Manager:
    tree = MemoryTree({"package.json": json.dumps(package), **files})
    root = read_manifest(tree)
    assert root is not None
    return choose_manager(tree, root, Overrides())


@pytest.mark.parametrize(
    ("files", "name", "version"),
    [
        ({}, "npm", ""),
        ({"package-lock.json": ""}, "npm", ""),
        ({"npm-shrinkwrap.json": ""}, "npm", ""),
        ({"bun.lockb": ""}, "bun", "1."),
        ({"yarn.lock": "# yarn lockfile v1"}, "yarn", "1.22.22"),
        ({"yarn.lock": "__metadata:\n  version: 8\n"}, "berry", "4."),
        ({"yarn.lock": "__metadata:\n  version: 6\n"}, "berry", "3."),
        ({".yarnrc.yml": ""}, "berry", "4."),
        ({"pnpm-lock.yaml": "lockfileVersion: 5.3"}, "pnpm", "6."),
        ({"pnpm-lock.yaml": "lockfileVersion: 5.4"}, "pnpm", "7."),
        ({"pnpm-lock.yaml": "lockfileVersion: '6.0'"}, "pnpm", "8."),
        ({"pnpm-lock.yaml": "lockfileVersion: '9.0'"}, "pnpm", "9."),
        (
            {
                "pnpm-lock.yaml": "lockfileVersion: '9.0'",
                "pnpm-workspace.yaml": "packages:\n  - a\nonlyBuiltDependencies:\n  - esbuild\n",
            },
            "pnpm",
            "10.",
        ),
        ({"pnpm-workspace.yaml": "packages: []"}, "pnpm", "10."),
        ({"pnpm-lock.yaml": "lockfileVersion: '9.0'", "package-lock.json": ""}, "pnpm", "9."),
    ],
)
def test_lock_tells_the_manager(files: Mapping[str, str], name: str, version: str) -> None:
    """The manager that wrote the lock reads it, in a version that understands it."""
    manager = choose(files)
    assert manager.name == name
    assert manager.version.startswith(version)


@pytest.mark.parametrize(
    ("package", "name", "version"),
    [
        ({"packageManager": "pnpm@8.6.1+sha256.ab"}, "pnpm", "8.6.1"),
        ({"packageManager": "yarn@1.22.19"}, "yarn", "1.22.19"),
        ({"packageManager": "yarn@3.6.0"}, "berry", "3.6.0"),
        ({"packageManager": "bun@1.2.4"}, "bun", "1.2.4"),
        ({"packageManager": "npm@10.8.2"}, "npm", ""),
        ({"engines": {"pnpm": ">=8"}}, "pnpm", "10."),
        ({"engines": {"yarn": "^1.22"}}, "yarn", "1.22.22"),
        ({"engines": {"yarn": ">=3 <5"}}, "berry", "4."),
        ({"packageManager": "something else"}, "npm", ""),
    ],
)
def test_manifest_tells_the_manager(package: Mapping[str, object], name: str, version: str) -> None:
    """`packageManager` is exact; `engines` names at least the program."""
    manager = choose({}, **package)
    assert manager.name == name
    assert manager.version.startswith(version)


def test_two_locks_are_a_warning() -> None:
    """A forgotten lock of another manager is named, as it may be the one that is meant."""
    manager = choose({"yarn.lock": "", "package-lock.json": ""})
    assert manager.name == "yarn"
    assert manager.warnings == (
        "There is more than one lock: yarn.lock is used, not package-lock.json",
    )


def test_yarn_that_the_app_brings_is_used() -> None:
    """A committed yarn release needs no download."""
    manager = choose({
        ".yarnrc.yml": "yarnPath: .yarn/releases/yarn-4.1.0.cjs\n",
        ".yarn/releases/yarn-4.1.0.cjs": "",
    })  # fmt: skip
    assert (manager.yarn_path, manager.version) == (".yarn/releases/yarn-4.1.0.cjs", "")


@pytest.mark.parametrize(
    ("files", "zips"),
    [
        ({".yarnrc.yml": ""}, False),
        ({".yarnrc.yml": "nodeLinker: node-modules"}, False),
        ({".yarnrc.yml": "nodeLinker: pnp"}, True),
        ({".yarnrc.yml": "", ".pnp.cjs": ""}, True),
        ({".yarnrc.yml": "", ".yarn/cache/koa-npm-1.zip": ""}, True),
    ],
)
def test_zips_are_kept_where_the_app_holds_on_to_them(files: Mapping[str, str], zips: bool) -> None:
    """Plug'n'Play is for those who ask for it or have committed it."""
    assert choose(files).plug_and_play is zips
