"""Workspaces: packages, their order, the root directory in them."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from sotabox.builds.detect import detect
from sotabox.builds.languages.node.manifest import Manifest, read_manifest
from sotabox.builds.languages.node.workspaces import Workspace, read_workspace, workspace_root
from sotabox.builds.overrides import Overrides
from sotabox.builds.source import MemoryTree


def tree(files: Mapping[str, Any]) -> MemoryTree:
    return MemoryTree({p: c if isinstance(c, str) else json.dumps(c) for p, c in files.items()})


def packages_of(globs: object, *directories: str, pnpm: str = "") -> set[str]:
    files: dict[str, Any] = {f"{d}/package.json": {"name": d} for d in directories}
    files["package.json"] = {"workspaces": globs} if globs else {}
    if pnpm:
        files["pnpm-workspace.yaml"] = pnpm
    built = tree(files)
    return set(read_workspace(built, read_manifest(built) or Manifest()).packages)


@pytest.mark.parametrize(
    ("globs", "found"),
    [
        (["packages/*"], {"packages/a", "packages/b"}),
        (["./packages/*"], {"packages/a", "packages/b"}),
        ({"packages": ["packages/a"]}, {"packages/a"}),
        (["packages/**"], {"packages/a", "packages/b", "packages/b/deep"}),
        (["packages/*", "!packages/b"], {"packages/a"}),
        (["site", "packages/{a,b}"], {"site", "packages/a", "packages/b"}),
        ("packages/*", set()),
    ],
)
def test_globs_find_their_packages(globs: object, found: set[str]) -> None:
    """Every way of writing a workspace's list finds the same packages as the manager."""
    assert packages_of(globs, "packages/a", "packages/b", "packages/b/deep", "site") == found


@pytest.mark.parametrize(
    "text",
    [
        "packages:\n  - 'packages/*'\n  - \"!packages/b\"\n",
        "packages:\n- packages/*\n# not this one\n- '!packages/b'\ncatalog:\n  a: 1\n",
        "packages: ['packages/*', '!packages/b']\n",
    ],
)
def test_pnpm_workspace_is_read_in_its_forms(text: str) -> None:
    """A `pnpm-workspace.yaml` is understood as a block or in brackets, with comments."""
    assert packages_of(None, "packages/a", "packages/b", pnpm=text) == {"packages/a"}


def test_needed_packages_come_before_those_that_need_them() -> None:
    """A library is built before the app that imports it; strangers are not built at all."""
    workspace = Workspace({
        "web": Manifest(name="web", production={"ui": "*", "data": "*"}),
        "data": Manifest(name="data", development={"types": "*"}),
        "types": Manifest(name="types", production={"data": "*"}),  # a circle
        "ui": Manifest(name="ui", peers={"types": "*"}),
        "other": Manifest(name="other"),
    })  # fmt: skip
    order = workspace.needed_by("web")
    assert order[-1] == "web"
    assert set(order) == {"web", "data", "types", "ui"}


FILES: dict[str, Any] = {
    "package.json": {"workspaces": ["apps/*"], "private": True},
    "package-lock.json": "{}",
    "apps/a/package.json": {"name": "a", "scripts": {"start": "node a.js"}},
    "apps/b/package.json": {"name": "b", "scripts": {"start": "node b.js"}},
    "tools/package.json": {"scripts": {"start": "node t.js"}},
}


def test_root_directory_in_a_workspace_builds_from_the_workspace() -> None:
    """The lock lies above the app: the whole workspace is sent, the app is started in its place."""
    plan = detect(tree(FILES), Overrides(root_directory="apps/b"))
    assert (plan.root_directory, plan.context_root) == ("apps/b", "")
    assert (plan.start, plan.work_dir) == ("node b.js", "/app/apps/b")
    assert plan.toolchain is not None
    assert "package-lock.json" in plan.toolchain.files


def test_root_directory_in_a_workspace_further_down_sends_that_workspace() -> None:
    """A workspace in a directory of the archive is what is sent, not the archive."""
    deeper = {f"js/{path}": content for path, content in FILES.items()}
    plan = detect(tree(deeper), Overrides(root_directory="js/apps/a"))
    assert (plan.context_root, plan.work_dir) == ("js", "/app/apps/a")


def test_root_directory_outside_the_workspace_stands_alone() -> None:
    """A directory that is no package of the workspace is an app by itself."""
    assert workspace_root(tree(FILES), "tools") is None
    plan = detect(tree(FILES), Overrides(root_directory="tools"))
    assert (plan.context_root, plan.start, plan.work_dir) == ("tools", "node t.js", "/app")


def test_root_script_that_names_a_package_chooses_it() -> None:
    """`npm run start -w apps/a` in the root is an answer to "which app?"."""
    root = {"workspaces": ["apps/*"], "scripts": {"start": "npm run start -w apps/a"}}
    plan = detect(tree({**FILES, "package.json": root}))
    assert (plan.start, plan.work_dir) == ("node a.js", "/app/apps/a")


def test_turborepo_builds_the_app_with_what_it_needs() -> None:
    """Turborepo decides what to build, and keeps its cache."""
    files = {
        **FILES,
        "package.json": {"workspaces": ["apps/*"], "devDependencies": {"turbo": "2"}},
        "turbo.json": "{}",
        "apps/b/package.json": {
            "name": "b",
            "scripts": {"build": "tsc", "start": "node b.js"},
        },
    }
    plan = detect(tree(files), Overrides(root_directory="apps/b"))
    assert plan.toolchain is not None
    (build,) = plan.toolchain.build
    assert build.run == "npx --no-install turbo run build --filter=b..."
    assert "/app/.turbo/cache" in {cache.target for cache in build.caches}


@pytest.mark.parametrize(
    "script",
    ["npm run build -w client", "npm run build --workspaces --if-present", "pnpm -r build"],
)
def test_root_that_builds_others_than_it_starts_is_taken_at_its_word(script: str) -> None:
    """A server that hands out what a client's package builds gets all of it."""
    files = {
        "package.json": {
            "workspaces": ["client", "server"],
            "scripts": {"build": script, "start": "npm run start -w server"},
        },
        "client/package.json": {"name": "client", "scripts": {"build": "vite build"}},
        "server/package.json": {"name": "server", "scripts": {"start": "node index.js"}},
    }
    plan = detect(tree(files))
    assert (plan.start, plan.work_dir) == ("node index.js", "/app/server")
    assert plan.toolchain is not None
    (build,) = plan.toolchain.build
    assert build.run == "npm run build"
    assert "/app/client/node_modules" in {bind.target for bind in build.binds}


@pytest.mark.parametrize("scripts", [{}, {"build": "nx build", "start": "nx serve"}])
def test_nx_project_whose_target_is_inferred_is_a_site(scripts: dict[str, str]) -> None:
    """Nx takes the target from Vite's configuration, and so do we; its `serve` is for development."""
    files = {
        "package.json": {"devDependencies": {"nx": "20", "vite": "6"}, "scripts": scripts},
        "nx.json": "{}",
        "apps/web/project.json": {"name": "web"},
        "apps/web/vite.config.ts": "export default { build: { outDir: '../../dist/apps/web' } }",
    }
    plan = detect(tree(files))
    assert plan.static is not None
    assert plan.static.root == "dist/apps/web"
    assert plan.toolchain is not None
    assert plan.toolchain.build[0].run == "npx --no-install nx build web"


@pytest.mark.parametrize(
    ("files", "root"),
    [
        (
            {
                "project.json": {"name": "shop", "targets": {}},
                "vite.config.ts": "export default { build: { outDir: './dist/shop' } }",
            },
            "dist/shop",
        ),
        (
            {"project.json": {"name": "shop", "targets": {"build": {
                "executor": "@angular/build:application", "options": {"outputPath": "dist/shop"}}}}},
            "dist/shop/browser",
        ),
    ],
)  # fmt: skip
def test_nx_project_in_the_root_is_built_and_served(files: dict[str, Any], root: str) -> None:
    """A repository of one app has its project in the root, whose pages are no site as they lie there."""
    manifest = {"package.json": {"devDependencies": {"nx": "21", "vite": "6"}}, "nx.json": "{}"}
    plan = detect(tree({**manifest, **files, "index.html": ""}))
    assert plan.static is not None
    assert plan.static.root == root
    assert plan.toolchain is not None
    assert plan.toolchain.build[0].run == "npx --no-install nx build shop"


def test_nx_server_that_a_script_names_is_started_without_nx() -> None:
    """`nx serve` builds and watches; of several projects the scripts say which one is meant."""
    target = {"build": {"executor": "@nx/webpack:webpack"}}
    files = {
        "package.json": {
            "dependencies": {"express": "4"},
            "devDependencies": {"nx": "21"},
            "scripts": {"build": "nx build api", "start": "nx serve api"},
        },
        "nx.json": "{}",
        "apps/api/project.json": {"name": "api", "targets": target},
        "apps/jobs/project.json": {"name": "jobs", "targets": target},
    }
    assert detect(tree(files)).start == "node dist/apps/api/main.js"
