"""A folder as the archive that a box takes in."""

import errno
import gzip
import os
import stat
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from sotabox.cli.ignores import GIT_FILE, OWN_FILE, Ignores, make_ignores
from sotabox.cli.secret_files import is_secret
from sotabox.errors import Invalid, NotFound

_COMPRESSION: Final = 6


@dataclass(frozen=True, slots=True)
class Packed:
    """What went into an archive, and how large that is; `secrets`: files of variables in it."""

    files: int
    size_bytes: int
    secrets: tuple[str, ...] = ()


def pack(folder: Path, out: BinaryIO, on_file: Callable[[int], None]) -> Packed:
    """Writes the `.tar.gz` of a folder to `out`; `on_file` hears how many files are in it so far.

    Names are sorted, and owners and the archive's own time left out: the same tree, the same bytes.

    Raises:
        NotFound: there is no such folder.
        Invalid: it holds nothing to deploy, or something that can't be read.
    """
    if not folder.is_dir():
        raise NotFound(f"{folder} is not a folder", hint="Give the folder that holds the app.")
    count, secrets, root = 0, [], os.fspath(folder)
    with (
        gzip.GzipFile("", "wb", _COMPRESSION, out, mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w|", format=tarfile.PAX_FORMAT) as archive,
    ):
        for name in walk(folder):
            try:
                _add(archive, f"{root}/{name}", name)
            except OSError as error:
                raise Invalid(
                    f"{name} can't be packed: {error.strerror or error}",
                    hint=f"Make it readable, or name it in {OWN_FILE}.",
                ) from error
            if is_secret(name):
                secrets.append(name)
            count += 1
            on_file(count)
    if not count:
        raise Invalid(
            f"{folder.absolute()} holds nothing to deploy",
            hint=f"Is everything named in {GIT_FILE} or {OWN_FILE}?",
        )
    return Packed(count, out.tell(), tuple(secrets))


def walk(folder: Path) -> Iterator[str]:
    """The files and links of a folder that belong into its archive, sorted, by relative name."""
    yield from _walk(
        folder, "", make_ignores(_patterns(folder / GIT_FILE), _patterns(folder / OWN_FILE))
    )


def _walk(folder: Path, base: str, ignores: Ignores) -> Iterator[str]:
    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except OSError as error:
        raise Invalid(
            f"{base or folder} can't be read: {error.strerror}",
            hint=f"Make it readable, or name it in {OWN_FILE}.",
        ) from error
    for entry in entries:
        name = f"{base}/{entry.name}" if base else entry.name
        is_folder = entry.is_dir(follow_symlinks=False)
        if ignores.leaves_out(name, is_folder=is_folder):
            continue
        if is_folder:
            below = Path(entry.path)
            yield from _walk(below, name, ignores.within(name, _patterns(below / GIT_FILE)))
        elif entry.is_file(follow_symlinks=False) or entry.is_symlink():
            yield name  # sockets, pipes and devices are no part of an app


def _patterns(path: Path) -> bytes | None:
    """The content of a file of patterns; as to git, a link is none."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError as error:
        if error.errno in {errno.ENOENT, errno.ELOOP}:
            return None
        raise Invalid(
            f"{path} can't be read: {error.strerror}",
            hint="What stays at home stands in it: make it readable.",
        ) from error
    try:
        with os.fdopen(descriptor, "rb") as file:
            return file.read()
    except IsADirectoryError:
        return None


def _add(archive: tarfile.TarFile, path: str, name: str) -> None:
    # Not by `archive.add`: that asks for the names of owners, and writes a header of its own for the
    # fraction of a second in a file's time, which together take longer than the file.
    facts = os.lstat(path)
    info = tarfile.TarInfo(name)
    info.mode = stat.S_IMODE(facts.st_mode)
    info.mtime = int(facts.st_mtime)
    if stat.S_ISLNK(facts.st_mode):
        info.type = tarfile.SYMTYPE
        info.linkname = os.readlink(path)  # noqa: PTH115  a path object for each of 100,000 is slow
        archive.addfile(info)
        return
    with open(path, "rb") as file:  # noqa: PTH123  as above
        info.size = os.fstat(file.fileno()).st_size
        archive.addfile(info, file)
