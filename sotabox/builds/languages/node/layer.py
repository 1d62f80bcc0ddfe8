"""The dependency layer: which files `install` must see, and which scripts run in it.

The fewer files, the less often a change reinstalls. Where a lifecycle script may read the source,
or a dependency is a directory of it, everything comes first.
"""

import re
from dataclasses import dataclass
from typing import Final

from sotabox.builds.languages.node.app import App
from sotabox.builds.languages.node.manifest import Manifest

#: Copied before the install where they are there; in the root and in each package.
_MANIFESTS: Final = (
    "package.json",
    "package.json5",
    ".npmrc",
    ".yarnrc",
    ".yarnrc.yml",
    "bunfig.toml",
)
_ROOT_FILES: Final = (
    "package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock",
    "bun.lockb", "pnpm-workspace.yaml", ".pnpmfile.{cjs,mjs}", ".yarn/releases/**", ".yarn/plugins/**",
    ".yarn/patches/**", ".pnp.*", "patches/**", ".pnpm-patches/**", ".nvmrc", ".node-version",
    "turbo.json", "nx.json",
)  # fmt: skip
_PRISMA: Final = ("**/*.prisma", "**/prisma.config.*")

_LIFECYCLE: Final = ("preinstall", "install", "postinstall", "prepare")
_RUNNER: Final = r"(?:(?:npx|pnpx|pnpm exec|pnpm dlx|yarn|bunx|npm exec)\s+(?:-y\s+|--yes\s+)?)?"
#: Hooks of a working copy, and checks of which manager is used: nothing for a build.
_USELESS: Final = re.compile(
    rf"{_RUNNER}(?:husky|lefthook|simple-git-hooks|is-ci|only-allow|check-node-version|opencollective"
    r"|pre-commit|git config|true|exit 0|echo|:)(?:\s.*)?"
)
#: Writes types or settings for the build, which has the source: it is run there.
_LATER: Final = re.compile(
    rf"{_RUNNER}(?:nuxt prepare|nuxi prepare|svelte-kit sync|astro sync|react-router typegen"
    r"|next typegen|wxt prepare|fumadocs-mdx)(?:\s.*)?"
)
#: Needs nothing but what is copied here.
_CONTENT: Final = re.compile(rf"{_RUNNER}(?:patch-package|prisma generate|ngcc)(?:\s.*)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """What the dependency layer consists of.

    `files` () is everything, and `why` says for what. `dropped`: lifecycle scripts taken out of the
    manifests here, by package directory. `later`: scripts that run in the build instead. `scripts`:
    lifecycle scripts of the app do run, so they may need tools and any of the project's variables.
    """

    files: tuple[str, ...]
    why: str = ""
    dropped: tuple[tuple[str, tuple[str, ...]], ...] = ()
    later: tuple[str, ...] = ()
    scripts: bool = False


def read_layer(app: App) -> Layer:
    """The dependency layer of the app's tree."""
    packages = {"": app.root, **app.workspace.packages}
    dropped: dict[str, tuple[str, ...]] = {}
    later: list[str] = []
    kept = False
    for directory, package in packages.items():
        for name in _LIFECYCLE:
            if not (command := package.scripts.get(name, "")):
                continue
            if (kind := _kind(command)) == "everything":
                place = f"{directory}/package.json" if directory else "package.json"
                return Layer(files=(), why=f"the script {name} in {place}", scripts=True)
            if kind == "content":
                kept = True
                continue
            dropped[directory] = (*dropped.get(directory, ()), name)
            if kind == "later" and directory == app.directory:
                later.append(name)
    if why := _reaches_out(packages):
        return Layer(files=(), why=why)
    return Layer(
        files=_files(app, tuple(packages)),
        dropped=tuple(dropped.items()),
        later=tuple(later),
        scripts=kept,
    )


def _kind(command: str) -> str:
    """`useless`, `later`, `content` or `everything`: the most demanding of its parts."""
    kinds = {"useless"}
    for part in re.split(r"\s*(?:&&|\|\||;)\s*", command.strip()):
        if _LATER.fullmatch(part):
            kinds.add("later")
        elif _CONTENT.fullmatch(part):
            kinds.add("content")
        elif not _USELESS.fullmatch(part):
            return "everything"
    return min(kinds, key=("content", "later", "useless").index)


def _reaches_out(packages: dict[str, Manifest]) -> str:
    """Why an install reads directories of the source, if it does."""
    binaries = {
        package.name for directory, package in packages.items() if directory and package.binaries
    }
    for directory, package in packages.items():
        for name, version in package.dependencies.items():
            if version.startswith(("file:", "link:", "portal:")):
                return f"the dependency {name} ({version})"
            if name in binaries:
                return f"{directory or 'the root'} uses the programs of {name}"
    return ""


def _files(app: App, directories: tuple[str, ...]) -> tuple[str, ...]:
    patterns = [f"{d}/{name}" if d else name for d in directories for name in _MANIFESTS]
    patterns += _ROOT_FILES
    if app.manager.plug_and_play:
        patterns.append(".yarn/cache/**")
    if app.manifest.has("prisma", "@prisma/client"):
        patterns += _PRISMA
    patterns += app.overrides.railpack.get("NODE_INSTALL_PATTERNS", "").split()
    return tuple(sorted({path for pattern in patterns for path in app.tree.glob(pattern)}))
