"""What may be in an uploaded archive: each entry is judged here, before anything is written.

Pure: it sees names, kinds and sizes, never content. Entries come from `tarstream`, in the archive's
order; `finish` judges what only the whole shows (where links lead).
"""

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NoReturn

from sotabox.errors import ArchiveInvalid

PATH_MAX_BYTES: Final = 1024
NAME_MAX_BYTES: Final = 255  # what Linux file systems take
_LINK_HOPS: Final = 40  # as Linux follows at most

#: Not unpacked: never sent to a build, or not portable to it, or an archiver's own notes.
SKIPPED_DIRECTORIES: Final = frozenset({".git", "node_modules", ".venv", "__MACOSX"})
_SKIPPED_NAMES: Final = re.compile(r"\.git|\.DS_Store|\._.*|pax_global_header")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")


class Kind(StrEnum):
    """What an entry is; the value is the word that people read."""

    FILE = "file"
    DIRECTORY = "directory"
    SYMLINK = "symbolic link"
    HARDLINK = "hard link"
    DEVICE = "device"
    FIFO = "named pipe"
    OTHER = "special file"


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """How much an archive may hold."""

    files_max: int
    unpacked_max_bytes: int


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as its header declares it; `link` is the target of both kinds of links."""

    name: str
    kind: Kind
    size_bytes: int = 0
    mode: int = 0o644
    mtime_s: int = 0
    link: str = ""


@dataclass(frozen=True, slots=True)
class Member:
    """An accepted entry: a clean relative path, and a mode of 0o755 or 0o644.

    A hard link's `link` is the clean path of a file that came before; a symbolic link's is as
    written.
    """

    path: str
    kind: Kind
    size_bytes: int
    mode: int
    mtime_s: int
    link: str = ""


@dataclass(slots=True)
class ArchiveChecker:
    """Judges an archive's entries one by one.

    `check` and `finish` raise `ArchiveInvalid` with the entry's name and what to do.
    """

    limits: ArchiveLimits
    entries: int = 0
    unpacked_bytes: int = 0
    _kinds: dict[str, Kind] = field(default_factory=dict)
    _sizes: dict[str, int] = field(default_factory=dict)
    _links: dict[str, str] = field(default_factory=dict)
    _ends: dict[str, tuple[str, int]] = field(default_factory=dict)

    def check(self, entry: Entry) -> Member | None:
        """The entry as it may be written; None when it is left out."""
        self.entries += 1
        self._bound(self.entries)
        path = clean_name(entry.name)
        self._count(path, entry.size_bytes)
        if path == "" or is_skipped(path):
            return None
        match entry.kind:
            case Kind.SYMLINK:
                self._check_target(path, entry.link)
            case Kind.HARDLINK:
                return self._hard_link(path, entry)
            case Kind.FILE | Kind.DIRECTORY:
                pass
            case _:
                _refuse(path, f"is a {entry.kind}", "Only files, directories and links are taken.")
        self._place(path, entry.kind)
        if entry.kind is Kind.SYMLINK:
            self._links[path] = entry.link
        elif entry.kind is Kind.FILE:
            self._sizes[path] = entry.size_bytes
        directory = entry.kind is Kind.DIRECTORY
        mode = 0o755 if directory or entry.mode & 0o111 else 0o644
        return Member(path, entry.kind, entry.size_bytes, mode, entry.mtime_s, entry.link)

    def finish(self) -> None:
        """Judges the whole, once all entries are through."""
        if not self.paths:
            raise ArchiveInvalid(
                "The archive is empty", hint="Pack the app's files: tar -czf app.tar.gz -C app ."
            )
        for path in self._links:
            if self._end_of(path) is None:
                _refuse(path, f"links out of the archive ({self._links[path]})", _LINK_HINT)

    @property
    def paths(self) -> tuple[str, ...]:
        """What will be there: files and links, sorted."""
        return tuple(sorted(p for p, kind in self._kinds.items() if kind is not Kind.DIRECTORY))

    def _bound(self, count: int) -> None:
        if count > self.limits.files_max:
            raise ArchiveInvalid(
                f"The archive has more than {self.limits.files_max} entries",
                hint="Leave out node_modules, build output and other files that a build makes.",
            )

    def _count(self, path: str, size_bytes: int) -> None:
        if size_bytes < 0:
            _refuse(path, "has a negative size", _REPACK)
        self.unpacked_bytes += size_bytes
        if self.unpacked_bytes > self.limits.unpacked_max_bytes:
            megabytes = self.limits.unpacked_max_bytes // 1_000_000
            raise ArchiveInvalid(
                f"The archive unpacks to more than {megabytes} MB (at '{show(path)}')",
                hint="Leave out data and build output, or raise SOTABOX_UNPACKED_MAX_BYTES.",
            )

    def _hard_link(self, path: str, entry: Entry) -> Member:
        target = clean_name(entry.link)
        if self._kinds.get(target) is not Kind.FILE:
            _refuse(path, f"is a hard link to '{show(target)}', which is no earlier file", _REPACK)
        size_bytes = self._sizes[target]
        self._count(path, size_bytes)  # a build's context holds it twice
        if path != target:
            self._place(path, Kind.FILE)
            self._sizes[path] = size_bytes
        mode = 0o755 if entry.mode & 0o111 else 0o644
        return Member(path, Kind.HARDLINK, size_bytes, mode, entry.mtime_s, target)

    def _place(self, path: str, kind: Kind) -> None:
        """Takes the path, and its parents as directories, unless something else is there."""
        for end, letter in enumerate(path):
            if letter == "/":
                parent = path[:end]
                there = self._kinds.setdefault(parent, Kind.DIRECTORY)
                if there is not Kind.DIRECTORY:
                    _refuse(path, f"lies below '{show(parent)}', which is a {there}", _REPACK)
        self._bound(len(self._kinds))  # a name of 1 kB may stand for five hundred directories
        there = self._kinds.setdefault(path, kind)
        if there is not kind or (kind is Kind.SYMLINK and path in self._links):
            _refuse(path, f"is in the archive twice (a {there}, then a {kind})", _REPACK)

    def _check_target(self, path: str, target: str) -> None:
        if not target or _CONTROL.search(target) or len(_encoded(path, target)) > PATH_MAX_BYTES:
            _refuse(path, "has a link target that is no path", _REPACK)
        if target.startswith("/"):
            _refuse(path, f"links out of the archive ({target})", _LINK_HINT)

    def _end_of(self, path: str, depth: int = 0) -> tuple[str, int] | None:
        """Where a link leads, every link on its way followed, and how many; None: out of the root.

        Each link's end is kept: many that share their way would else walk it again and again.
        """
        if path in self._ends:
            return self._ends[path]
        at = path.split("/")[:-1]
        hops = 0
        for part in self._links[path].split("/"):
            if part == ".." and not at:
                return None
            if part == "..":
                at.pop()
            elif part not in ("", "."):
                at.append(part)
                if (place := "/".join(at)) not in self._links:
                    continue
                # At the bound: a circle, or a chain whose end nobody looked at; not every reader
                # of links gives up where the kernel does.
                if depth == _LINK_HOPS:
                    _refuse(path, "links in a circle", "Remove the link.")
                if (end := self._end_of(place, depth + 1)) is None:
                    return None
                at, hops = [name for name in end[0].split("/") if name], hops + 1 + end[1]
                if hops > _LINK_HOPS:
                    _refuse(path, "links in a circle", "Remove the link.")
        self._ends[path] = "/".join(at), hops
        return self._ends[path]


_REPACK: Final = "Pack the directory again with tar, such as: tar -czf app.tar.gz -C app ."
_LINK_HINT: Final = "Replace the link by the file that it leads to: tar -h packs it so."


def clean_name(name: str) -> str:
    """An entry's name as a relative path without `.`; "" for the archive's root itself.

    Raises:
        ArchiveInvalid: it is absolute, leaves the tree, is too long or has control characters.
    """
    if _CONTROL.search(name):
        _refuse(name, "has control characters in its name", "Rename it.")
    size = len(_encoded(name, name))
    if name.startswith("/"):
        _refuse(name, "has an absolute path", _REPACK)
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if ".." in parts:
        _refuse(name, "points out of the archive with '..'", _REPACK)
    if size > PATH_MAX_BYTES or any(len(part.encode()) > NAME_MAX_BYTES for part in parts):
        _refuse(name, f"has a name of more than {NAME_MAX_BYTES} bytes (or {PATH_MAX_BYTES} with "
                "its directories)", "Shorten it.")  # fmt: skip
    return "/".join(parts)


def is_skipped(path: str) -> bool:
    """Whether the clean path is left out of what is unpacked."""
    parts = path.split("/")
    return not SKIPPED_DIRECTORIES.isdisjoint(parts) or bool(_SKIPPED_NAMES.fullmatch(parts[-1]))


def show(name: str) -> str:
    """A hostile name such that it can stand in a message: short, printable."""
    text = "".join(c if c.isprintable() else "\ufffd" for c in name)
    return text if len(text) <= 120 else f"{text[:60]}…{text[-50:]}"


def _encoded(name: str, text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise ArchiveInvalid(
            f"The entry '{show(name)}' has a name that is not UTF-8", hint="Rename it."
        ) from error


def _refuse(name: str, what: str, hint: str) -> NoReturn:
    raise ArchiveInvalid(f"The entry '{show(name)}' {show(what)}", hint=hint)
