"""A `.zip` as the `.tar.gz` that everything else reads; what is in it is judged there, as always.

Only what could hurt while converting is judged here: how many entries, how large they become. Names,
links and kinds go on as they are.

Source: PKWARE's APPNOTE.TXT, 4.3.12 (central directory), 4.3.15 (locator of a large one's
end) and 4.3.16 (its end record).
"""

import errno
import os
import stat
import struct
import tarfile
import time
import zipfile
import zlib
from pathlib import Path
from typing import BinaryIO, Final

from sotabox.builds.archive import ArchiveLimits, show
from sotabox.errors import ArchiveInvalid, DiskFull

_MAGIC: Final = (b"PK\x03\x04", b"PK\x05\x06")  # with entries, and without
_END: Final = b"PK\x05\x06"
_END_BYTES: Final = 22
_END_MAX_BYTES: Final = _END_BYTES + 65_535  # with its comment
_LOCATOR: Final = b"PK\x06\x07"
_LOCATOR_BYTES: Final = 20
_ENTRY: Final = b"PK\x01\x02"
_ENTRY_BYTES: Final = 46
_ZIP64: Final = 0xFFFFFFFF
_LINK_MAX_BYTES: Final = 4096
#: Of the others the library unpacks all that it has read at once, whatever was asked for: 4 kB of
#: bzip2 become 4 GB of memory.
_METHODS: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
#: `RuntimeError` is what zipfile says of a password, and of a kind of compression that it can't.
_BROKEN: Final = (
    *(zipfile.BadZipFile, zlib.error, EOFError, struct.error, UnicodeError),
    RuntimeError,
)
_FULL: Final = (errno.ENOSPC, errno.EDQUOT)


def is_zip(path: Path) -> bool:
    """Whether a file begins as a `.zip` does."""
    with path.open("rb") as file:
        return file.read(4) in _MAGIC


def convert(source: Path, target: Path, limits: ArchiveLimits) -> None:
    """Writes the `.zip` at `source` as a `.tar.gz` to `target`, a new file. Blocks.

    Raises:
        ArchiveInvalid: it is broken, encrypted or too large; `target` is not there then.
        DiskFull: there is no room for it.
    """
    try:
        with source.open("rb") as file:
            _check_count(file, limits.files_max)
        with (
            zipfile.ZipFile(source) as zipped,
            tarfile.open(target, "x:gz", compresslevel=1, format=tarfile.PAX_FORMAT) as packed,
        ):
            _copy(zipped, packed, limits)
    except _BROKEN as error:
        target.unlink(missing_ok=True)
        raise ArchiveInvalid(
            f"The .zip can't be read: {str(error).rstrip('.') or 'it is broken'}",
            hint="Pack it anew, without a password; or send a .tar.gz.",
        ) from error
    except OSError as error:
        target.unlink(missing_ok=True)
        if error.errno in _FULL:
            raise DiskFull(
                "There is no room on this box to unpack the archive",
                hint="Free some disk space, then deploy again.",
            ) from error
        if error.errno is None:  # tarfile's own: an entry is shorter than it says
            raise ArchiveInvalid(f"The .zip can't be read: {error}") from error
        raise
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def _check_count(file: BinaryIO, files_max: int) -> None:
    if _count(file, files_max) > files_max:
        raise ArchiveInvalid(
            f"The archive has more than {files_max} entries",
            hint="Leave out node_modules, build output and other files that a build makes.",
        )


def _count(file: BinaryIO, at_most: int) -> int:
    """How many entries the directory has, counted no further than past `at_most`.

    Counted on the bytes, as the library makes an object of each before anybody can say stop; and on
    the directory that the library will read, or it would count a decoy.
    """
    file_bytes = file.seek(0, os.SEEK_END)
    tail_at = max(0, file_bytes - _END_MAX_BYTES - _LOCATOR_BYTES)
    file.seek(tail_at)
    tail = file.read()
    end = tail.rfind(_END, max(0, len(tail) - _END_MAX_BYTES))
    if end < 0:
        raise zipfile.BadZipFile("its directory is missing")
    size_bytes, offset = struct.unpack_from("<II", tail, end + 12)
    # The library follows a locator whether or not the record says that there is one.
    if _ZIP64 in (size_bytes, offset) or tail.startswith(_LOCATOR, max(0, end - _LOCATOR_BYTES)):
        raise zipfile.BadZipFile("it is in the format for more than 65,535 entries or 4 GB")
    end += tail_at
    at, count = end - size_bytes, 0
    while 0 <= at < end and count <= at_most:
        file.seek(at)
        entry = file.read(_ENTRY_BYTES)
        if not entry.startswith(_ENTRY):
            break
        at += _ENTRY_BYTES + sum(struct.unpack_from("<HHH", entry, 28))
        count += 1
    return count


def _copy(zipped: zipfile.ZipFile, packed: tarfile.TarFile, limits: ArchiveLimits) -> None:
    room_bytes = limits.unpacked_max_bytes
    for entry in zipped.infolist():
        if not entry.filename:
            raise zipfile.BadZipFile("an entry has no name")
        if entry.header_offset < 0:  # the library would seek there, which the kernel refuses
            raise zipfile.BadZipFile("an entry lies outside of it")
        if entry.compress_type not in _METHODS:
            raise ArchiveInvalid(
                f"The entry '{show(entry.filename)}' is packed in an unusual way",
                hint="Pack it with the usual compression (deflate); or send a .tar.gz.",
            )
        room_bytes -= entry.file_size
        if room_bytes < 0:
            raise ArchiveInvalid(
                f"Unpacked, the archive has more than {limits.unpacked_max_bytes:,} bytes",
                hint="Leave out what is built or downloaded.",
            )
        _copy_entry(zipped, entry, packed)


def _copy_entry(zipped: zipfile.ZipFile, entry: zipfile.ZipInfo, packed: tarfile.TarFile) -> None:
    mode = entry.external_attr >> 16  # 0 where no Unix wrote it
    info = tarfile.TarInfo(entry.filename)
    info.mtime = round(_time_of(entry))
    info.mode = stat.S_IMODE(mode) or 0o644
    if entry.is_dir():
        info.type = tarfile.DIRTYPE
        packed.addfile(info)
        return
    with zipped.open(entry) as content:
        if stat.S_ISLNK(mode):
            info.type = tarfile.SYMTYPE
            info.linkname = content.read(_LINK_MAX_BYTES).decode()
            packed.addfile(info)
        else:
            info.size = entry.file_size
            packed.addfile(info, content)


def _time_of(entry: zipfile.ZipInfo) -> float:
    try:
        return time.mktime((*entry.date_time, 0, 0, -1))
    except (OverflowError, ValueError):
        return 0.0
