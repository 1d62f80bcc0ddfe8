"""Requirements: one line of them, and `requirements.txt` files with all that they include.

Source: PEP 508 (names, extras, URLs), pip's "Requirements File Format".
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from posixpath import dirname, join, normpath
from typing import Final

from sotabox.builds.source import Tree

_REQUIREMENT: Final = re.compile(
    r"(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[(?P<extras>[^\]]*)\])?"
    r"\s*(?:@\s*(?P<url>\S+))?(?P<rest>[^@]*)"
)
_EGG: Final = re.compile(r"[#&]egg=([A-Za-z0-9._-]+)(?:\[([^\]]*)\])?")
#: The name of a repository, which is nearly always the package's: `git+https://host/me/flask.git@3`.
_REPOSITORY: Final = re.compile(
    r"git\+[^@#\s]*://(?:[^@/\s]+@)?[^@#\s]*/([A-Za-z0-9._-]+?)(?:\.git)?/?(?=[@#\s]|$)"
)
_INCLUDE: Final = re.compile(r"(?:-r|-c|--requirement|--constraint)[\s=]*(\S+)")
_EDITABLE: Final = re.compile(r"(?:-e|--editable)[\s=]+(\S.*)")
_PATH: Final = re.compile(r"[\w./-]+")
_GIT: Final = re.compile(r"\bgit\+|\bgit://")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependencies:
    """What an app depends on when it runs.

    `extras` by normalised name. `local`: something is installed from the tree itself, so manifests
    alone are not enough. `git`: something comes from a Git repository.
    """

    extras: Mapping[str, frozenset[str]] = field(default_factory=dict)
    local: bool = False
    git: bool = False

    def has(self, *names: str) -> str:
        """The first of `names` (normalised) that is there, else the empty text."""
        return next((name for name in names if name in self.extras), "")

    def with_extra(self, name: str, *extras: str) -> bool:
        """Whether `name` is there with one of `extras`."""
        return not self.extras.get(name, frozenset()).isdisjoint(extras)


@dataclass(frozen=True, slots=True, kw_only=True)
class RequirementFiles:
    """A `requirements.txt` and what it includes; `options` are the flags in all of them."""

    paths: tuple[str, ...]
    dependencies: Dependencies
    options: frozenset[str]
    utf16: bool = False  # as PowerShell's `>` writes it; pip reads it, uv doesn't


def normalise(name: str) -> str:
    """A package's name as all of its spellings agree on it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def parse_requirements(lines: Iterable[str]) -> Dependencies:
    """The dependencies that requirement lines (without options) name."""
    extras: dict[str, frozenset[str]] = {}
    local = git = False
    for line in lines:
        text = line.split(" #")[0].strip()
        git = git or bool(_GIT.search(text))
        if _is_local(text):
            local = True
            continue
        if "://" in text.split("@")[0] and (egg := _EGG.search(text)):
            name, wanted, url = egg[1], egg[2], ""
        elif repository := _REPOSITORY.match(text):
            name, wanted, url = repository[1], "", ""
        elif match := _REQUIREMENT.match(text):
            name, wanted, url = match["name"], match["extras"], match["url"] or ""
        else:
            continue
        local = local or url.startswith(("file:", "./", "../"))
        found = frozenset(normalise(e.strip()) for e in (wanted or "").split(",") if e.strip())
        extras[normalise(name)] = extras.get(normalise(name), frozenset()) | found
    return Dependencies(extras=extras, local=local, git=git)


def _is_local(text: str) -> bool:
    """Whether a line names a place in the tree: `.`, `./libs/x`, `libs/x`, `x.whl`, `file:…`."""
    if text.startswith(("file:", "./", "../")) or re.match(r"\.{1,2}(?:\[|$)", text):
        return True
    is_path = _PATH.fullmatch(text) is not None
    return is_path and ("/" in text or text.endswith((".whl", ".tar.gz", ".zip")))


def joined(*parts: Dependencies) -> Dependencies:
    """All of them as one."""
    extras: dict[str, frozenset[str]] = {}
    for part in parts:
        for name, wanted in part.extras.items():
            extras[name] = extras.get(name, frozenset()) | wanted
    return Dependencies(
        extras=extras, local=any(p.local for p in parts), git=any(p.git for p in parts)
    )


def read_requirement_files(tree: Tree, path: str) -> RequirementFiles:
    """The file at `path` and every file that it includes."""
    texts: dict[str, tuple[str, bool]] = {}
    _follow(tree, path, texts, constraint=False)
    lines: list[str] = []
    options: set[str] = set()
    local = False
    for text, constraint in texts.values():
        for line in logical_lines(text):
            if editable := _EDITABLE.match(line):
                lines.append(editable[1])
                local = local or "://" not in editable[1]
            elif line.startswith("-"):
                options.add(re.split(r"[\s=]", line)[0])
            elif not constraint:
                bare, *flags = re.split(r"\s(?=--)", line)
                lines.append(bare)
                options.update(re.split(r"[\s=]", flag)[0] for flag in flags)
    dependencies = joined(parse_requirements(lines), Dependencies(local=local))
    return RequirementFiles(
        paths=tuple(texts),
        dependencies=dependencies,
        options=frozenset(options),
        utf16="\x00" in (tree.read(path) or ""),
    )


def logical_lines(text: str) -> Iterator[str]:
    """The lines that say something: joined at a backslash, without comments."""
    for line in re.sub(r"\\\r?\n", " ", text).splitlines():
        if bare := re.sub(r"(^|\s)#.*$", "", line).strip():
            yield bare


def _follow(tree: Tree, path: str, texts: dict[str, tuple[str, bool]], *, constraint: bool) -> None:
    text = tree.read(path)
    if text is None or path in texts:
        return
    # UTF-16 read as UTF-8: the letters are there, with zeros between and a broken mark before.
    text = text.replace("\x00", "").lstrip("\ufffd\ufeff") if "\x00" in text else text
    texts[path] = (text, constraint)
    for line in logical_lines(text):
        if include := _INCLUDE.match(line):
            target = normpath(join(dirname(path), include[1]))
            limits = constraint or line.startswith(("-c", "--constraint"))
            _follow(tree, target, texts, constraint=limits)
