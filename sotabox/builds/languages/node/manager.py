"""Which package manager an app uses, and in which exact version."""

import re
from dataclasses import dataclass
from typing import Final

from sotabox.builds.languages.node.manifest import Manifest
from sotabox.builds.languages.node.version import bun_version
from sotabox.builds.overrides import Overrides
from sotabox.builds.source import Tree
from sotabox.builds.versions import newest_line

#: The release of each line that is installed where an app names only the line.
PNPM: Final = {
    "6": "6.35.1", "7": "7.33.7", "8": "8.15.9", "9": "9.15.9", "10": "10.34.9", "11": "11.28.11",
}  # fmt: skip
_PNPM_DEFAULT: Final = "10"
#: pnpm's line by the lock's `lockfileVersion`.
_PNPM_OF_LOCK: Final = (("5.3", "6"), ("5.4", "7"), ("6.", "8"), ("9.", "9"))
YARN: Final = "1.22.22"
BUN: Final = "1.4.5"
BERRY: Final = {"2": "2.4.2", "3": "3.8.7", "4": "4.18.1"}

#: Locks in the order in which they speak; two of them are a warning.
LOCKS: Final = {
    "pnpm-lock.yaml": "pnpm",
    "bun.lock": "bun",
    "bun.lockb": "bun",
    "yarn.lock": "yarn",
    "package-lock.json": "npm",
    "npm-shrinkwrap.json": "npm",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Manager:
    """A package manager. `name` is `npm`, `pnpm`, `yarn` (1), `berry` (yarn 2 and later) or `bun`.

    `version` is exact, or empty where the image's own is used (npm) or the app brings it
    (`yarn_path`). `plug_and_play`: dependencies stay zips, there is no `node_modules`.
    """

    name: str
    version: str
    why: str
    lock: str | None
    yarn_path: str = ""
    plug_and_play: bool = False
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def program(self) -> str:
        """What it is called on the command line."""
        return "yarn" if self.name == "berry" else self.name


def choose_manager(tree: Tree, root: Manifest, overrides: Overrides) -> Manager:
    """The manager of the tree whose root holds `package.json`, its lock and settings."""
    locks = [lock for lock in LOCKS if tree.exists(lock)]
    name, version, why = _choose(tree, root, locks)
    lock = next((lock for lock in locks if _is_of(LOCKS[lock], name)), None)
    warnings = []
    if lock is None and locks:
        warnings.append(
            f"{locks[0]} is not {name}'s lock, so the newest fitting versions are installed"
        )
    elif len({LOCKS[found] for found in locks}) > 1:
        others = ", ".join(found for found in locks if found != lock)
        warnings.append(f"There is more than one lock: {lock} is used, not {others}")
    notes = [] if locks else ["Commit the manager's lock file, so that each build gets the same"]
    if name == "bun":
        chosen, more = bun_version(tree, root, overrides)
        version = version or (chosen.version if chosen.version.count(".") == 2 else "")
        warnings += more
    yarnrc = tree.read(".yarnrc.yml") or ""
    yarn_path = _yarn_path(tree, yarnrc) if name == "berry" else ""
    return Manager(
        name=name,
        version="" if yarn_path else _exact(tree, name, version, overrides),
        why=why,
        lock=lock,
        yarn_path=yarn_path,
        plug_and_play=name == "berry" and _plug_and_play(tree, yarnrc),
        warnings=tuple(warnings),
        notes=tuple(notes),
    )


def _choose(tree: Tree, root: Manifest, locks: list[str]) -> tuple[str, str, str]:
    """Name, version as far as it is known, and the reason."""
    if named := re.fullmatch(r"(npm|pnpm|yarn|bun)@(\d[\w.-]*)(\+.*)?", root.package_manager):
        name = "berry" if named[1] == "yarn" and not named[2].startswith("1.") else named[1]
        return name, named[2], f"packageManager in package.json ({named[1]}@{named[2]})"
    return _by_lock(tree, locks) or _by_settings(tree, root)


def _by_lock(tree: Tree, locks: list[str]) -> tuple[str, str, str] | None:
    berry = tree.exists(".yarnrc.yml")
    for lock in locks:
        name = LOCKS[lock]
        if name == "pnpm":
            return (name, *_pnpm_of_lock(tree))
        if name == "yarn" and (berry or "__metadata:" in (tree.read(lock) or "")):
            return "berry", "", f"{lock}, in the format of yarn 2 and later"
        if name != "npm" or not berry:
            return name, "", lock
    return None


def _by_settings(tree: Tree, root: Manifest) -> tuple[str, str, str]:
    for file, name in ((".yarnrc.yml", "berry"), ("pnpm-workspace.yaml", "pnpm")):
        if tree.exists(file):
            return name, "", file
    for name in ("pnpm", "bun", "yarn"):
        if wish := root.engines.get(name):
            berry = name == "yarn" and newest_line(wish, ("1",), "1") is None
            return "berry" if berry else name, "", f"engines.{name} in package.json"
    # Bun's own template: its types, and scripts that run on it.
    if root.has("@types/bun", "bun-types") and any(
        re.match(r"bunx?\s", s) for s in root.scripts.values()
    ):
        return "bun", "", "Bun's types and its scripts in package.json"
    return "npm", "", "no other manager's lock"


def _is_of(lock_manager: str, name: str) -> bool:
    return lock_manager == name or (lock_manager == "yarn" and name == "berry")


def _pnpm_of_lock(tree: Tree) -> tuple[str, str]:
    head = tree.read("pnpm-lock.yaml", 4096) or ""
    found = re.search(r"^lockfileVersion:\s*['\"]?([\d.]+)", head, re.MULTILINE)
    written = found[1] if found else ""
    for prefix, line in _PNPM_OF_LOCK:
        if written.startswith(prefix):
            if line == "9" and _has_settings(tree.read("pnpm-workspace.yaml") or ""):
                why = "settings in pnpm-workspace.yaml, which pnpm 9 does not read"
                return "10", f"pnpm-lock.yaml (version {written}) and {why}"
            return line, f"pnpm-lock.yaml (version {written})"
    return "", "pnpm-lock.yaml"


def _has_settings(workspace: str) -> bool:
    """Whether `pnpm-workspace.yaml` says more than pnpm 9 reads there."""
    keys = set(re.findall(r"^([A-Za-z]\w*):", workspace, re.MULTILINE))
    return bool(keys - {"packages", "catalog", "catalogs"})


def _exact(tree: Tree, name: str, version: str, overrides: Overrides) -> str:
    if wish := overrides.version(name if name != "berry" else "yarn"):
        version = wish.text.strip().lstrip("v")
    if name == "pnpm":
        return PNPM.get(version or _PNPM_DEFAULT, version)
    if name == "yarn":
        return version or YARN
    if name == "berry":
        line = version or ("3" if _lock_version(tree) <= 6 else "4")
        return BERRY.get(line, line)
    return (version or BUN) if name == "bun" else ""


def _lock_version(tree: Tree) -> int:
    """The `version` of a Berry lock: 4 to 6 are of yarn 2 and 3."""
    found = re.search(r"__metadata:\s*\n\s+version: (\d+)", tree.read("yarn.lock", 4096) or "")
    return int(found[1]) if found else 8


def _yarn_path(tree: Tree, yarnrc: str) -> str:
    found = re.search(r"^yarnPath:\s*['\"]?([^\s'\"#]+)", yarnrc, re.MULTILINE)
    return found[1] if found and tree.exists(found[1]) else ""


def _plug_and_play(tree: Tree, yarnrc: str) -> bool:
    """Whether the app holds on to zips: it says so, or has committed them.

    Others get `node_modules`, which run all that runs with zips, and can be cached and pruned.
    """
    linker = re.search(r"^nodeLinker:\s*['\"]?([\w-]+)", yarnrc, re.MULTILINE)
    if linker:
        return linker[1] == "pnp"
    return tree.exists(".pnp.cjs") or bool(tree.glob(".yarn/cache/*.zip"))
