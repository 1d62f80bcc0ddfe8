"""The `RAILPACK_*` variables that people bring along, as overrides of our builder."""

import difflib
from collections.abc import Mapping
from typing import Final

from sotabox.builds.appfile import clean_path
from sotabox.builds.overrides import Overrides

PREFIX: Final = "RAILPACK_"

_COMMANDS: Final = {"INSTALL_CMD": "install", "BUILD_CMD": "build", "START_CMD": "start"}
_VERSIONS: Final = {
    "NODE_VERSION": "node", "BUN_VERSION": "bun", "PYTHON_VERSION": "python", "GO_VERSION": "go",
    "RUBY_VERSION": "ruby", "RUST_VERSION": "rust", "JDK_VERSION": "java",
    "GRADLE_VERSION": "gradle", "DENO_VERSION": "deno", "DOTNET_VERSION": "dotnet",
    "ELIXIR_VERSION": "elixir", "ERLANG_VERSION": "erlang",
}  # fmt: skip

#: Languages on whose plans a variable has an effect; () is all.
EFFECT: Final[Mapping[str, tuple[str, ...]]] = {
    **dict.fromkeys(_COMMANDS, ()),
    **dict.fromkeys(("PACKAGES", "CONFIG_FILE", "BUILD_APT_PACKAGES", "DEPLOY_APT_PACKAGES", "DISABLE_CACHES"), ()),
    **{name: (tool,) for name, tool in _VERSIONS.items()},
    "NODE_VERSION": (),  # Node also builds the assets of others
    "BUN_VERSION": ("node", "bun"),
    "GRADLE_VERSION": ("java",),
    "ERLANG_VERSION": ("elixir", "gleam"),
    **dict.fromkeys(
        ("NO_SPA", "SPA_OUTPUT_DIR", "PRUNE_DEPS", "NODE_NPM_INSTALL", "NODE_PRUNE_CMD",
         "NODE_INSTALL_PATTERNS", "NODE_PLAYWRIGHT_INSTALL", "ANGULAR_PROJECT", "NX_APP"),
        ("node", "bun"),
    ),
    "STATIC_FILE_ROOT": ("static", "node", "bun"),
    "DJANGO_APP_NAME": ("python",),
    "PYTHON_PLAYWRIGHT_INSTALL": ("python",),
    "GO_BIN": ("go",),
    "GO_WORKSPACE_MODULE": ("go",),
    "RUST_BIN": ("rust",),
    "CARGO_WORKSPACE": ("rust",),
    "PHP_ROOT_DIR": ("php",),
    "PHP_EXTENSIONS": ("php",),
    "SKIP_MIGRATIONS": ("php", "python"),
    "SHELL_SCRIPT": ("shell",),
    "GLEAM_INCLUDE_SOURCE": ("gleam",),
}  # fmt: skip


def read_variables(env: Mapping[str, str]) -> Overrides:
    """What the `RAILPACK_*` variables of a project ask for; lists are split at spaces."""
    mine = {k.removeprefix(PREFIX): v.strip() for k, v in env.items() if k.startswith(PREFIX)}
    mine = {name: value for name, value in mine.items() if value}
    versions = {tool: mine[name] for name, tool in _VERSIONS.items() if name in mine}
    for item in mine.get("PACKAGES", "").split():
        tool, at, version = item.partition("@")
        if at and version:
            versions.setdefault(tool, version)
    return Overrides(
        install=mine.get("INSTALL_CMD"),
        build=mine.get("BUILD_CMD"),
        start=mine.get("START_CMD"),
        versions=versions,
        packages=tuple(mine.get("DEPLOY_APT_PACKAGES", "").split()),
        build_packages=tuple(mine.get("BUILD_APT_PACKAGES", "").split()),
        static_root=clean_path(mine["STATIC_FILE_ROOT"]) if "STATIC_FILE_ROOT" in mine else None,
        caches=False if mine.get("DISABLE_CACHES", "") in {"1", "true", "*"} else None,
        railpack=mine,
        origins={
            **{field: PREFIX + name for name, field in _COMMANDS.items()},
            "versions": "a RAILPACK_ variable",
            "packages": "RAILPACK_DEPLOY_APT_PACKAGES",
            "build_packages": "RAILPACK_BUILD_APT_PACKAGES",
            "static_root": "RAILPACK_STATIC_FILE_ROOT",
            "caches": "RAILPACK_DISABLE_CACHES",
        },
    )


def check_variables(env: Mapping[str, str], language: str | None) -> tuple[str, ...]:
    """Warnings for variables that do nothing: unknown here, or meant for another language.

    Args:
        language: of the plan; None for a Dockerfile, on which none has an effect.
    """
    warnings = []
    for name in sorted(env):
        bare = name.removeprefix(PREFIX)
        if name == bare:
            continue
        if bare not in EFFECT:
            near = difflib.get_close_matches(bare, EFFECT, n=1)
            meant = f"; did you mean {PREFIX}{near[0]}?" if near else ""
            warnings.append(f"The variable {name} has no effect{meant}")
        elif language is None or (EFFECT[bare] and language not in EFFECT[bare]):
            what = "an app with its own Dockerfile" if language is None else f"a {language} app"
            warnings.append(f"The variable {name} has no effect on {what}")
    return tuple(warnings)
