"""What `composer.json` and its lock say."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from sotabox.builds.source import Tree
from sotabox.errors import Invalid

_LOCK_MAX_BYTES: Final = 8 * 1024 * 1024


@dataclass(frozen=True)
class Composer:
    """A `composer.json` and its lock, either empty where there is none."""

    manifest: Mapping[str, Any]
    lock: Mapping[str, Any]

    @cached_property
    def requires(self) -> Mapping[str, str]:
        """What the app requires: packages, `php`, `ext-*`."""
        return _table(self.manifest, "require")

    @cached_property
    def packages(self) -> frozenset[str]:
        """Everything that is installed; without a lock, what the app itself requires."""
        names = {row["name"] for row in self._locked if isinstance(row.get("name"), str)}
        return frozenset(names or (name for name in self.requires if "/" in name))

    @property
    def php(self) -> str:
        """The constraint on PHP; "" if there is none."""
        return self.requires.get("php", "") or self.requires.get("php-64bit", "")

    @property
    def platform_php(self) -> str:
        """The version for which the dependencies are resolved; "" if it isn't set."""
        config = self.manifest.get("config")
        return _table(config if isinstance(config, dict) else {}, "platform").get("php", "")

    @cached_property
    def extensions(self) -> frozenset[str]:
        """The extensions that the app and its packages require, without `ext-`."""
        tables = [self.requires, *(_table(row, "require") for row in self._locked)]
        return frozenset(
            name.removeprefix("ext-").lower()
            for table in tables
            for name in table
            if name.startswith("ext-")
        )

    @property
    def has_dependencies(self) -> bool:
        """A running app has something installed."""
        return bool(self.packages)

    def has_script(self, name: str) -> bool:
        """Whether a script of that name is defined."""
        scripts = self.manifest.get("scripts")
        return isinstance(scripts, dict) and bool(scripts.get(name))

    @property
    def local_paths(self) -> tuple[str, ...]:
        """Directories of the tree from which packages are installed, as patterns."""
        found = self.manifest.get("repositories") or ()
        rows = found.values() if isinstance(found, dict) else found
        return tuple(
            str(row.get("url", "")).removeprefix("./").strip("/")
            for row in rows
            if isinstance(row, dict) and row.get("type") == "path"
        )

    @property
    def installs_anything(self) -> bool:
        """Packages are installed from directories that can't be told apart from the app."""
        return any(path in ("", ".") or path.startswith("..") for path in self.local_paths)

    @cached_property
    def _locked(self) -> list[Mapping[str, Any]]:
        rows = self.lock.get("packages")
        return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def read_composer(tree: Tree) -> Composer:
    """The Composer files of the tree's root.

    Raises:
        Invalid: `composer.json` is no JSON object.
    """
    text = tree.read("composer.json")
    lock = tree.read("composer.lock", _LOCK_MAX_BYTES)
    return Composer(_parsed(text, "composer.json"), _parsed(lock, "composer.lock"))


def manifests(tree: Tree, composer: Composer) -> tuple[str, ...]:
    """What an install reads."""
    patterns = ["**/composer.{json,lock}", "artisan", "symfony.lock", "patches/**", "auth.json"]
    patterns += [f"{path}/**" for path in composer.local_paths]
    return tuple(
        sorted(
            path
            for path in {p for pattern in patterns for p in tree.glob(pattern)}
            if not re.match(r"vendor/", path)
        )
    )


def _parsed(text: str | None, name: str) -> Mapping[str, Any]:
    if text is None:
        return {}
    try:
        data = json.loads(text)
    except ValueError as error:
        raise Invalid(f"{name} is not valid JSON: {error}") from error
    if not isinstance(data, dict):
        raise Invalid(f"{name} is not a JSON object")
    return data


def _table(data: Mapping[str, Any], name: str) -> Mapping[str, str]:
    table = data.get(name)
    return dict(_texts(table)) if isinstance(table, dict) else {}


def _texts(table: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in table.items():
        if isinstance(value, str):
            yield name.lower(), value
