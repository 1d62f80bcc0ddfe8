"""Debian packages that npm packages need, to be compiled and to run."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from sotabox.builds.languages.node.app import App

_COMPILER: Final = ("python3", "make", "g++")
_CHROMIUM: Final = (
    "ca-certificates", "fonts-liberation", "libasound2", "libatk-bridge2.0-0", "libatk1.0-0",
    "libcairo2", "libcups2", "libdbus-1-3", "libdrm2", "libgbm1", "libglib2.0-0", "libgtk-3-0",
    "libnspr4", "libnss3", "libpango-1.0-0", "libx11-6", "libxcb1", "libxcomposite1", "libxdamage1",
    "libxext6", "libxfixes3", "libxkbcommon0", "libxrandr2", "libxss1",
)  # fmt: skip

#: Packages without binaries of their own for every release of Node: they may have to be compiled.
_COMPILED: Final = (
    "better-sqlite3", "sqlite3", "node-pty", "isolated-vm", "re2", "cpu-features", "usb", "zeromq",
    "node-gyp", "node-rdkafka", "serialport", "node-sass", "robotjs", "libxmljs", "libxmljs2",
)  # fmt: skip
#: More that is needed, by package: for the build, for the run.
_NEEDED: Final[Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "pg-native": ((*_COMPILER, "libpq-dev"), ("libpq5",)),
    "prisma": (("openssl", "ca-certificates"), ("openssl", "ca-certificates")),
    "@prisma/client": (("openssl", "ca-certificates"), ("openssl", "ca-certificates")),
    "@keystone-6/core": (("openssl", "ca-certificates"), ("openssl", "ca-certificates")),
    "@redwoodjs/core": (("openssl", "ca-certificates"), ("openssl", "ca-certificates")),
    "canvas": (
        (*_COMPILER, "pkg-config", "libcairo2-dev", "libpango1.0-dev", "libjpeg-dev", "libgif-dev",
         "librsvg2-dev"),
        ("libcairo2", "libpango-1.0-0", "libpangocairo-1.0-0", "libjpeg62-turbo", "libgif7",
         "librsvg2-2"),
    ),
    "puppeteer": ((), _CHROMIUM),
}  # fmt: skip
_FROM_GIT: Final = re.compile(
    r"(?:git[+:@]|github:|gitlab:|bitbucket:|https?://\S+\.git)|[\w.-]+/[\w.-]+(?:#.*)?$"
)


@dataclass(frozen=True, slots=True)
class SystemPackages:
    """Debian packages of the stages that build, and of the final image."""

    build: tuple[str, ...] = ()
    run: tuple[str, ...] = ()


def system_packages(app: App) -> SystemPackages:
    """What the dependencies of the packages that count need."""
    dependencies = {
        name: version
        for package in app.packages.values()
        for name, version in package.dependencies.items()
    }
    build: list[str] = []
    run: list[str] = []
    if any(name in dependencies for name in _COMPILED) or app.tree.exists("binding.gyp"):
        build += _COMPILER
    for name, (for_build, for_run) in _NEEDED.items():
        if name in dependencies:
            build += for_build
            run += for_run
    if _any_from_git(dependencies.values()):
        build += ("git", "ca-certificates")
    if app.overrides.flag("NODE_PLAYWRIGHT_INSTALL"):
        run += _CHROMIUM
    return SystemPackages(tuple(dict.fromkeys(build)), tuple(dict.fromkeys(run)))


def _any_from_git(versions: Iterable[str]) -> bool:
    return any(_FROM_GIT.match(version) for version in versions)
