"""Configurations that are programs (`next.config.ts`), read by tolerant patterns.

They are never run. Comments are taken out first; a value that is computed is not found, and then
the framework's default holds.
"""

import re
from dataclasses import dataclass
from posixpath import normpath
from typing import Final

from sotabox.builds.source import Tree

_EXTENSIONS: Final = ("ts", "mts", "cts", "js", "mjs", "cjs")
_COMMENT: Final = re.compile(
    r"""("(?:\\.|[^"\\\n]){0,299}+"|'(?:\\.|[^'\\\n]){0,299}+'|`(?:\\.|[^`\\])*+(?:`|\\?\Z))|//[^\n]*"""
    r"""|/\*.*?(?:\*/|\Z)""",
    re.DOTALL,
)


#: `path.resolve(__dirname, 'dist', 'public')`, `fileURLToPath(new URL('./dist', import.meta.url))`.
_RESOLVED: Final = (
    r"(?:(?:\w+\.)?(?:resolve|join)\(\s*(?:(?:__dirname|import\.meta\.dirname|process\.cwd\(\))\s*,\s*)?"
    r"|fileURLToPath\(\s*new URL\(\s*)((?:['\"`][^'\"`$]*['\"`]\s*,?\s*)+)"
)


@dataclass(frozen=True, slots=True)
class Config:
    """A configuration's path and its text without comments; both empty if there is none."""

    path: str = ""
    text: str = ""

    def string(self, key: str) -> str | None:
        """The literal text that `key` has."""
        found = re.search(rf"(?<![\w.])['\"]?{key}['\"]?\s*[:=]\s*(['\"`])([^'\"`$]*)\1", self.text)
        return found[2] if found else None

    def resolved(self, key: str) -> str | None:
        """The path that `key` has, where it is one below the configuration's own directory."""
        found = re.search(rf"(?<![\w.])['\"]?{key}['\"]?\s*:\s*{_RESOLVED}", self.text)
        return "/".join(re.findall(r"['\"`]([^'\"`]*)['\"`]", found[1])) if found else None

    def is_set_to(self, key: str, value: str) -> bool:
        """Whether `key` has the bare value `value`, such as `false`."""
        return re.search(rf"(?<![\w.])['\"]?{key}['\"]?\s*:\s*{value}\b", self.text) is not None

    def mentions(self, *words: str) -> str:
        """The first of `words` that occurs, else the empty text."""
        return next((word for word in words if word in self.text), "")


def read_config(app: Tree, name: str) -> Config:
    """The configuration `{name}.ts` (or another extension) of the app."""
    for extension in _EXTENSIONS:
        path = f"{name}.{extension}"
        if (text := app.read(path)) is not None:
            return Config(path, _COMMENT.sub(lambda match: match[1] or " ", text))
    return Config()


def clean_path(path: str) -> str:
    """A path as written in a configuration, relative to the app."""
    return normpath(path.strip().strip("/") or ".").removeprefix("../")
