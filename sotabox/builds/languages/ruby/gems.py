"""What a Gemfile and its lock say, read without running them."""

import re
from dataclasses import dataclass
from functools import cached_property
from posixpath import normpath
from typing import Final

from sotabox.builds.source import Tree

_LOCK_MAX_BYTES: Final = 2 * 1024 * 1024
#: Groups that are not installed.
WITHOUT: Final = ("development", "test")
#: Programs for a developer's machine: a Gemfile of these alone is no Ruby app.
_TOOLS: Final = frozenset({
    "rake", "rubocop", "fastlane", "cocoapods", "overcommit", "danger", "bundler", "minitest",
    "rspec", "scss_lint", "sass", "compass", "pry", "xcodeproj", "solargraph",
})  # fmt: skip

_GEM: Final = re.compile(r"""^\s*gem[\s(]+["']([\w.-]+)["']([^\n]*)""")
_OPEN: Final = re.compile(r"\bdo\b\s*(?:\|[^|]*\|)?\s*$|^\s*(?:if|unless|case|begin)\b")
_GROUP: Final = re.compile(r"^\s*group[\s(]+(.+?)\)?\s+do\b")


@dataclass(frozen=True)
class Bundle:
    """A Gemfile and its lock; texts are "" where there is none."""

    gemfile: str
    lock: str

    @cached_property
    def direct(self) -> frozenset[str]:
        """Gems of the Gemfile that a running app has."""
        return frozenset(_running(self.gemfile))

    @cached_property
    def resolved(self) -> frozenset[str]:
        """All gems of the lock; without a lock, the Gemfile's own."""
        return frozenset(re.findall(r"^    ([\w.-]+) \(", self.lock, re.MULTILINE)) or self.direct

    @cached_property
    def own(self) -> frozenset[str]:
        """Gems of the lock that lie in the tree."""
        blocks = re.findall(r"^PATH\n((?: .*\n)+)", self.lock, re.MULTILINE)
        return frozenset(re.findall(r"^    ([\w.-]+) \(", "".join(blocks), re.MULTILINE))

    def has(self, *names: str) -> bool:
        """Whether one of the gems is in the bundle."""
        return not self.resolved.isdisjoint(names)

    def version(self, name: str) -> tuple[int, ...]:
        """The version of a gem in the lock; () if it is not there."""
        found = re.search(rf"^    {re.escape(name)} \(([\d.]+)", self.lock, re.MULTILINE)
        return tuple(map(int, found[1].strip(".").split("."))) if found else ()

    @property
    def tooling(self) -> bool:
        """It serves only who works on the code."""
        return self.direct <= _TOOLS and "gemspec" not in self.gemfile

    @property
    def bundler(self) -> str:
        """The Bundler that wrote the lock; "" if it doesn't say."""
        found = re.search(r"^BUNDLED WITH\n\s+([\d.]+)\s*$", self.lock, re.MULTILINE)
        return found[1] if found else ""

    @property
    def foreign(self) -> bool:
        """The lock was made on other systems than the one that runs it."""
        block = re.search(r"^PLATFORMS\n((?:[ \t]+.+\n?)+)", self.lock, re.MULTILINE)
        names = block[1].split() if block else []
        return bool(names) and not any("linux" in n or n == "ruby" for n in names)

    @property
    def ruby(self) -> tuple[str, str]:
        """The version that it asks for and where; empty if it doesn't."""
        if found := re.search(r"""^[ \t]*ruby[\s(]+["']([^"']+)["']""", self.gemfile, re.MULTILINE):
            return found[1], "the Gemfile"
        found = re.search(r"^RUBY VERSION\n\s+ruby (\d+\.\d+\.\d+)", self.lock, re.MULTILINE)
        return (found[1], "Gemfile.lock") if found else ("", "")


def read_bundle(tree: Tree) -> Bundle:
    """The bundle of the tree's root."""
    return Bundle(tree.read("Gemfile") or "", tree.read("Gemfile.lock", _LOCK_MAX_BYTES) or "")


def manifests(tree: Tree, bundle: Bundle) -> tuple[str, ...]:
    """What an install reads; () if it may read anything of the tree."""
    if re.search(r"\b(?:eval_gemfile|instance_eval|File\.read|require_relative)\b", bundle.gemfile):
        return ()
    patterns = ["Gemfile", "Gemfile.lock", ".ruby-version", ".tool-versions", ".bundle/config"]
    patterns += ["vendor/cache/**"]
    paths = re.findall(r"""\bpath(?::|\s*=>|\s)\s*["']([^"']+)["']""", bundle.gemfile)
    for path in (normpath(path) for path in paths):
        if path == "." or path.startswith(("..", "/")):
            return ()
        patterns.append(f"{path}/**")
    if re.search(r"^[ \t]*gemspec\b", bundle.gemfile, re.MULTILINE):
        return ()  # a gemspec lists the files of its gem
    return tuple(sorted({file for pattern in patterns for file in tree.glob(pattern)}))


def _running(gemfile: str) -> list[str]:
    """Gems outside of the groups that are not installed."""
    names = []
    blocks: list[bool] = []  # for each open block, whether its gems are left out
    for line in (line.split("#")[0] for line in gemfile.splitlines()):
        if gem := _GEM.match(line):
            own = re.search(r"\bgroups?(?::|\s*=>)\s*(\[[^\]]*\]|:\w+)", gem[2])
            if not any(blocks) and not (own and _left_out(own[1])):
                names.append(gem[1])
        elif group := _GROUP.match(line):
            blocks.append(_left_out(group[1]))
        elif _OPEN.search(line):
            blocks.append(False)
        elif re.match(r"\s*end\b", line) and blocks:
            blocks.pop()
    return names


def _left_out(groups: str) -> bool:
    names = re.findall(r"\w+", groups.partition("optional")[0])
    return bool(names) and all(name in WITHOUT for name in names)
