"""A folder as the archive that a box takes in."""

import gzip
import os
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
    count, secrets = 0, []
    with (
        gzip.GzipFile("", "wb", _COMPRESSION, out, mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w|", format=tarfile.PAX_FORMAT) as archive,
    ):
        for name in walk(folder):
            try:
                archive.add(folder / name, name, recursive=False, filter=_anonymous)
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
    yield from _walk(folder, "", make_ignores(_text(folder / GIT_FILE), _text(folder / OWN_FILE)))


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
            yield from _walk(below, name, ignores.within(name, _text(below / GIT_FILE)))
        elif entry.is_file(follow_symlinks=False) or entry.is_symlink():
            yield name  # sockets, pipes and devices are no part of an app


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8", errors="replace").removeprefix("\ufeff")
    except (FileNotFoundError, IsADirectoryError):
        return None


def _anonymous(info: tarfile.TarInfo) -> tarfile.TarInfo:
    info.uid = info.gid = 0
    info.uname = info.gname = ""
    return info
