"""The dependency layer: what an install sees, and what it leaves."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from sotabox.builds.detect import detect
from sotabox.builds.plan import BUILD, DEPENDENCIES, SOURCE, BuildPlan, Carry
from sotabox.builds.source import MemoryTree


def plan(
    package: Mapping[str, Any], *, env: Mapping[str, str] | None = None, **files: str
) -> BuildPlan:
    texts = {"package.json": json.dumps(package), "package-lock.json": "{}", "server.js": ""}
    texts |= {name.replace("__", "/").replace("_dot_", "."): text for name, text in files.items()}
    return detect(MemoryTree(texts), env=env)


def install(built: BuildPlan) -> str:
    assert built.toolchain is not None
    (step,) = built.toolchain.install
    return step.run


def scripted(name: str, command: str, **more: Any) -> dict[str, Any]:
    return {"scripts": {"start": "node server.js", name: command}, **more}


@pytest.mark.parametrize(
    "command", ["husky", "is-ci || husky install", "npx only-allow npm", "lefthook install || true"]
)
def test_hooks_of_a_working_copy_are_left_out(command: str) -> None:
    """`prepare: husky` neither fails without development dependencies nor costs the cache."""
    built = plan(scripted("prepare", command))
    assert built.toolchain is not None
    assert built.toolchain.files == ("package-lock.json", "package.json")
    assert "npm pkg delete scripts.prepare" in install(built)


@pytest.mark.parametrize(
    "package",
    [
        scripted("postinstall", "node scripts/setup.js"),
        scripted("prepare", "husky && npm run build"),
        scripted("start", "node server.js", dependencies={"mine": "file:./vendor/mine"}),
    ],
)
def test_install_that_reads_the_source_sees_it(package: Mapping[str, Any]) -> None:
    """A script or a dependency that is in the source finds it; the plan says why it all comes first."""
    built = plan(package)
    assert built.toolchain is not None
    assert built.toolchain.files == ()
    assert any(reason.what.startswith("the source comes before") for reason in built.reasons)


def test_install_sees_only_its_own_variables() -> None:
    """A changed DATABASE_URL reinstalls nothing, unless a script of the app might read it."""
    quiet, scripts = (
        plan(scripted("start", "node server.js")),
        plan(scripted("postinstall", "patch-package")),
    )
    assert quiet.toolchain is not None
    assert scripts.toolchain is not None
    assert "NPM_" in quiet.toolchain.env_prefixes
    assert "DATABASE_URL".startswith(quiet.toolchain.env_prefixes) is False
    assert "DATABASE_URL".startswith(scripts.toolchain.env_prefixes) is True


def test_app_without_a_build_installs_for_production_alone() -> None:
    """What is never needed is never downloaded."""
    built = plan(scripted("start", "node server.js", devDependencies={"jest": "1"}))
    assert "npm ci --omit=dev" in install(built)
    assert built.carries == (
        Carry(DEPENDENCIES, "/app/node_modules", "/app/node_modules"),
        Carry(SOURCE, ".", "/app"),
    )


def test_app_with_a_build_is_pruned_beside_it() -> None:
    """The build has its tools, the image has not, and a changed source prunes nothing anew."""
    built = plan(scripted("build", "tsc", devDependencies={"typescript": "5"}))
    assert "npm prune --omit=dev" in install(built)
    assert built.carries == (
        Carry(DEPENDENCIES, "/production/node_modules", "/app/node_modules"),
        Carry(BUILD, "/app", "/app"),
    )


@pytest.mark.parametrize(
    ("start", "wish", "pruned"),
    [
        ("node server.js", "", True),
        ("tsx server.ts", "", False),
        ("node --import tsx server.ts", "", False),
        ("node server.js", "0", False),
        ("tsx server.ts", "1", True),
    ],
)
def test_development_dependencies_stay_where_they_are_imported(
    start: str, wish: str, pruned: bool
) -> None:
    """Only `node file` does without them; a person's word counts more."""
    package = {"scripts": {"start": start}, "devDependencies": {"tsx": "4"}}
    built = plan(package, env={"RAILPACK_PRUNE_DEPS": wish} if wish else None)
    assert ("--omit=dev" in install(built)) is pruned


def test_framework_among_development_dependencies_is_not_pruned() -> None:
    """Astro's server imports astro: where that is a development dependency, it stays."""
    package = {
        "scripts": {"build": "astro build"},
        "dependencies": {"@astrojs/node": "9"},
        "devDependencies": {"astro": "5"},
    }
    assert "prune" not in install(plan(package))


def test_own_install_command_moves_the_app_as_a_whole() -> None:
    """After a command that we don't know, nothing is expected in any place but `/app`."""
    built = plan(
        scripted("build", "tsc", devDependencies={"typescript": "5"}),
        env={"RAILPACK_INSTALL_CMD": "npm install --legacy-peer-deps"},
    )
    assert install(built) == "npm install --legacy-peer-deps"
    assert built.carries == (Carry(BUILD, "/app", "/app"),)


def test_build_that_deletes_gets_no_caches() -> None:
    """`rimraf .next` fails on a mounted cache: then there is none."""
    with_caches = plan(scripted("build", "next build", dependencies={"next": "15"}))
    without = plan(scripted("build", "rimraf .next && next build", dependencies={"next": "15"}))
    assert with_caches.toolchain is not None
    assert without.toolchain is not None
    assert [cache.target for cache in with_caches.toolchain.build[0].caches] == ["/app/.next/cache"]
    assert without.toolchain.build[0].caches == ()


def test_manager_is_in_the_image_only_where_the_start_needs_it() -> None:
    """`pnpm --filter web start` as a start command finds its pnpm."""
    package = {"packageManager": "pnpm@9.12.0", "scripts": {"start": "node server.js"}}
    bare = plan(package)
    asked = plan(package, env={"RAILPACK_START_CMD": "pnpm start"})
    carry = Carry(DEPENDENCIES, "/opt/manager", "/opt/manager")
    assert carry not in bare.carries
    assert carry in asked.carries
    assert "/opt/manager/bin" in asked.run_env["PATH"]


def test_prisma_client_is_generated_with_the_dependencies() -> None:
    """The schema is enough to generate it, so a changed source doesn't do it again."""
    package = {
        "scripts": {"start": "node server.js"},
        "dependencies": {"@prisma/client": "6"},
        "devDependencies": {"prisma": "6"},
    }
    built = plan(package, prisma__schema_dot_prisma="generator client {}")
    assert built.toolchain is not None
    assert "prisma/schema.prisma" in built.toolchain.files
    assert "npx --no-install prisma generate" in install(built)
    assert "openssl" in built.run_packages
    assert "npm prune --omit=dev" in install(built)


def test_native_and_git_dependencies_get_their_packages() -> None:
    """A compiler and git are there for those who need them, in the build only."""
    package = {
        "scripts": {"start": "node server.js"},
        "dependencies": {"better-sqlite3": "11", "mine": "github:me/mine#main"},
    }
    built = plan(package)
    assert built.toolchain is not None
    assert {"python3", "make", "g++", "git"} <= set(built.toolchain.packages)
    assert built.run_packages == ()
