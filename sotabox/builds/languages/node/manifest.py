"""`package.json` as the other modules read it: tolerant of what is missing or of a wrong type."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sotabox.builds.source import Tree
from sotabox.errors import Invalid

NAMES: Final = ("package.json", "package.json5")
_MAX_BYTES: Final = 1024 * 1024

#: What a JSON5 file has and JSON has not; strings come first, so that nothing inside them counts.
_JSON5: Final = re.compile(
    r"""(?P<double>"(?:\\.|[^"\\])*+(?:"|\\?\Z))|(?P<single>'(?:\\.|[^'\\])*+(?:'|\\?\Z))"""
    r"""|(?P<comment>//[^\n]*|/\*.*?(?:\*/|\Z))|(?P<comma>,(?=(?:\s|//[^\n]*|/\*.*?\*/)*[}\]]))"""
    r"""|(?<![\w$])(?P<key>[A-Za-z_$][\w$]*+)(?=\s*:)""",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Manifest:
    """One `package.json`. `production` holds dependencies and optional ones, by name."""

    name: str = ""
    scripts: Mapping[str, str] = field(default_factory=dict)
    production: Mapping[str, str] = field(default_factory=dict)
    development: Mapping[str, str] = field(default_factory=dict)
    peers: Mapping[str, str] = field(default_factory=dict)
    engines: Mapping[str, str] = field(default_factory=dict)
    volta: Mapping[str, str] = field(default_factory=dict)
    package_manager: str = ""
    workspaces: tuple[str, ...] = ()
    main: str = ""
    binaries: tuple[str, ...] = ()
    module: bool = False  # `"type": "module"`

    @property
    def dependencies(self) -> Mapping[str, str]:
        """Production and development dependencies."""
        return {**self.development, **self.production}

    def has(self, *names: str) -> str:
        """The first of `names` that is a dependency, else the empty text."""
        known = self.dependencies
        return next((name for name in names if name in known), "")

    def major(self, name: str) -> int | None:
        """The first number of the version that is asked of a dependency; None if there is none."""
        found = re.search(r"\d+", self.dependencies.get(name, ""))
        return int(found[0]) if found else None


def read_manifest(tree: Tree, directory: str = "") -> Manifest | None:
    """The manifest of `directory`; None if it has none.

    Raises:
        Invalid: it is no JSON object.
    """
    prefix = f"{directory}/" if directory else ""
    for name in NAMES:
        if (text := tree.read(prefix + name, _MAX_BYTES)) is not None:
            return _manifest(_parse(text, prefix + name))
    return None


def parse_json5(text: str) -> Any:
    """A JSON5 or JSONC text as JSON types, or ValueError. Numbers and escapes are JSON's."""
    return json.loads(_JSON5.sub(_as_json, text))


def _as_json(match: re.Match[str]) -> str:
    if match["single"] is not None:
        inner = match["single"][1:-1].replace("\\'", "'")
        return '"' + re.sub(r'(?<!\\)"', '\\"', inner) + '"'
    if match["key"] is not None:
        return f'"{match["key"]}"'
    return match["double"] or ""


def _parse(text: str, path: str) -> Mapping[str, Any]:
    try:
        data = parse_json5(text) if path.endswith("5") else json.loads(text)
    except ValueError as error:
        raise Invalid(
            f"{path} is not valid JSON: {error}", hint="Correct the file and deploy again."
        ) from error
    if not isinstance(data, dict):
        raise Invalid(f"{path} holds no JSON object", hint="It must start with '{'.")
    return data


def _manifest(data: Mapping[str, Any]) -> Manifest:
    workspaces = data.get("workspaces")
    if isinstance(workspaces, dict):
        workspaces = workspaces.get("packages")
    binaries = data.get("bin")
    name = _text(data.get("name"))
    return Manifest(
        name=name,
        scripts=_texts(data.get("scripts")),
        production={
            **_texts(data.get("optionalDependencies")),
            **_texts(data.get("dependencies")),
        },
        development=_texts(data.get("devDependencies")),
        peers=_texts(data.get("peerDependencies")),
        engines=_texts(data.get("engines")),
        volta=_texts(data.get("volta")),
        package_manager=_text(data.get("packageManager")),
        workspaces=tuple(x for x in workspaces if isinstance(x, str))
        if isinstance(workspaces, list)
        else (),
        main=_text(data.get("main")),
        binaries=tuple(binaries)
        if isinstance(binaries, dict)
        else (name.rpartition("/")[2],)
        if isinstance(binaries, str)
        else (),
        module=data.get("type") == "module",
    )


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


def _texts(value: Any) -> Mapping[str, str]:
    if not isinstance(value, dict):
        return {}
    return {name: text.strip() for name, text in value.items() if isinstance(text, str)}
