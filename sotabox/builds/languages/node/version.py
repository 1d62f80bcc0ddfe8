"""Which Node and which Bun an app asks for."""

import re
from collections.abc import Iterable
from typing import Final

from sotabox.builds.languages.node.manifest import Manifest
from sotabox.builds.overrides import Overrides
from sotabox.builds.plan import Version
from sotabox.builds.source import Tree
from sotabox.builds.versions import Wanted, choose, from_file, from_tool_files

#: Names of long-term lines, as `.nvmrc` files have them.
#: Source: Node's release schedule (nodejs/Release, `schedule.json`).
_CODENAMES: Final = {
    "fermium": "14", "gallium": "16", "hydrogen": "18", "iron": "20", "jod": "22", "krypton": "24",
}  # fmt: skip
#: What names no line: "whatever is good now".
_ANY: Final = frozenset({"*", "lts", "lts/*", "lts/-1", "node", "stable", "latest", "current", "x"})
_PIN: Final = re.compile(r"v?\d+(\.\d+){0,2}(\.[x*])*")


def node_version(
    tree: Tree, app: Tree, root: Manifest, manifest: Manifest, overrides: Overrides
) -> tuple[Version, tuple[str, ...]]:
    """The Node version of an app in a (workspace's) tree, and warnings.

    A pin is taken before a range, wherever both stand: who pins `22.3.0` in `.nvmrc` beside
    `"node": ">=18"` means the pin.
    """
    if set_by_person := _known(overrides.version("node")):
        return choose("node", (set_by_person,))
    wanted: list[Wanted] = []
    for place, package in ((app, manifest), (tree, root)):
        candidates = (
            from_tool_files(place, "node", "nodejs"),
            from_file(place, ".nvmrc"),
            from_file(place, ".node-version"),
            _from(package.engines.get("node"), "engines.node"),
            _from(package.volta.get("node"), "volta.node"),
        )
        wanted += [want for candidate in candidates if (want := _known(candidate))]
    return choose("node", _pins_first(wanted))


def bun_version(
    tree: Tree, root: Manifest, overrides: Overrides
) -> tuple[Version, tuple[str, ...]]:
    """The Bun version, and warnings."""
    named = re.fullmatch(r"bun@([\w.-]+)(\+.*)?", root.package_manager)
    candidates = (
        overrides.version("bun"),
        from_tool_files(tree, "bun"),
        from_file(tree, ".bun-version"),
        Wanted(named[1], "packageManager") if named else None,
        _from(root.engines.get("bun"), "engines.bun"),
    )
    return choose("bun", [want for candidate in candidates if (want := _known(candidate))])


def _from(text: str | None, origin: str) -> Wanted | None:
    return Wanted(text, f"{origin} in package.json") if text else None


def _known(want: Wanted | None) -> Wanted | None:
    """`want` with a code name turned into its line; None if it names no line."""
    if want is None:
        return None
    text = want.text.strip().strip("\"'").lower()
    if text in _ANY or not text:
        return None
    line = _CODENAMES.get(text.removeprefix("lts/").removeprefix("lts-"))
    return Wanted(line, f"{want.origin}, {text}") if line else want


def _pins_first(wanted: Iterable[Wanted]) -> list[Wanted]:
    return sorted(wanted, key=lambda want: _PIN.fullmatch(want.text.strip()) is None)
