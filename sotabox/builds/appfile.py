"""`sotabox.toml`: what an app says about itself. Documented in `docs/sotabox-toml.md`."""

import difflib
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sotabox.builds.overrides import Overrides
from sotabox.errors import Invalid

NAME: Final = "sotabox.toml"
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
BUILDERS: Final = ("auto", "dockerfile", "railpack")


@dataclass(frozen=True, slots=True)
class Key:
    """A key of the file: the field of `Overrides` that it sets, its type and its meaning."""

    field: str
    kind: str
    help: str


#: Every key there is; `table.key` for keys in a table. The documentation is checked against it.
KEYS: Final[Mapping[str, Key]] = {
    "builder": Key("builder", "builder", "auto, dockerfile or railpack"),
    "root": Key("root_directory", "path", "The directory that is the app"),
    "dockerfile": Key("dockerfile", "path", "A Dockerfile elsewhere than in the root"),
    "install": Key("install", "text", "Command that installs the dependencies"),
    "build": Key("build", "text", "Command that builds the app"),
    "start": Key("start", "text", "Command that starts the app"),
    "release": Key("release", "text", "Command that runs once before the swap"),
    "port": Key("port", "port", "The port on which the app listens"),
    "health": Key("health_path", "url path", "The path that answers when the app is healthy"),
    "packages": Key("packages", "list", "Debian packages that the running app needs"),
    "build_packages": Key("build_packages", "list", "Debian packages that only the build needs"),
    "versions": Key("versions", "table", "Versions by tool: node, python, go, …"),
    "variables": Key("variables", "table", "Variables of the build, in the clear"),
    "static.root": Key("static_root", "path", "The directory that is the site"),
    "static.spa": Key("static_fallback", "bool", "Unknown paths get index.html"),
}


def parse_appfile(text: str) -> Overrides:
    """What a `sotabox.toml` sets.

    Raises:
        Invalid: it is no TOML, a key is unknown (the nearest valid one is named), or a value is of
            the wrong type.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Invalid(f"{NAME} is not valid TOML: {error}") from error
    values: dict[str, Any] = {}
    for name, value in _flat(data):
        if (key := KEYS.get(name)) is None:
            raise _unknown(name)
        if (read := _READERS[key.kind](value)) is None:
            raise Invalid(
                f"{NAME}: {name} = {value!r} is not valid: {key.help.lower()} ({key.kind})"
            )
        values[key.field] = read
    return Overrides(**values, origins=dict.fromkeys(values, NAME))


def _flat(data: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Keys with their values; those of the table `static` as `static.key`."""
    flat: list[tuple[str, Any]] = []
    for name, value in data.items():
        if isinstance(value, dict) and name not in KEYS:
            flat.extend((f"{name}.{inner}", item) for inner, item in value.items())
            if not value:
                flat.append((name, value))
        else:
            flat.append((name, value))
    return [(name, value) for name, value in flat if (name, value) != ("static", {})]


def _unknown(name: str) -> Invalid:
    near = difflib.get_close_matches(name, KEYS, n=1, cutoff=0.5)
    if not near and (tail := name.rpartition(".")[2]) != name:
        near = difflib.get_close_matches(tail, KEYS, n=1, cutoff=0.5)
    hint = f"Did you mean '{near[0]}'?" if near else f"Valid keys: {', '.join(KEYS)}."
    return Invalid(f"{NAME}: unknown key '{name}'", hint=hint)


def clean_path(value: str) -> str | None:
    """A relative path inside the tree without `.` and empty parts; None if it is none."""
    parts = [part for part in value.strip().strip("/").split("/") if part not in ("", ".")]
    if value.strip().startswith("/") or ".." in parts or any(ord(c) < 32 for c in value):
        return None
    return "/".join(parts)


def _text(value: Any) -> str | None:
    if not isinstance(value, str) or not value.strip() or "\0" in value:
        return None
    return value.strip()


def _list(value: Any) -> tuple[str, ...] | None:
    if not isinstance(value, list) or not all(_text(item) for item in value):
        return None
    return tuple(item.strip() for item in value)


def _table(value: Any) -> dict[str, str] | None:
    if not isinstance(value, dict):
        return None
    if not all(
        isinstance(v, str | int | float) and not isinstance(v, bool) for v in value.values()
    ):
        return None
    table = {name: str(v) for name, v in value.items()}
    if not all(_NAME.fullmatch(name) for name in table):
        return None  # a quoted key may hold anything, a line feed too
    return None if any(set(text) & set("\n\r\0") for text in table.values()) else table


_READERS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "builder": lambda value: value if value in BUILDERS else None,
    "path": lambda value: clean_path(value) if isinstance(value, str) else None,
    "text": _text,
    "port": lambda value: value if type(value) is int and 0 < value < 65536 else None,
    "url path": lambda value: v if (v := _text(value)) and v.startswith("/") else None,
    "list": _list,
    "table": _table,
    "bool": lambda value: value if isinstance(value, bool) else None,
}
