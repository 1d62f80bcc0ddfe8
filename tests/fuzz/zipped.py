"""Bytes as a zip: an archive within its bounds comes of them, or nothing and an error of ours."""

import io
import stat
import struct
import threading
import zipfile
from pathlib import Path

from sotabox.builds import intake
from sotabox.builds.archive import ArchiveLimits
from sotabox.builds.zipped import convert
from sotabox.errors import ArchiveInvalid
from tests.fuzz.world import check_tree, world

LIMITS = ArchiveLimits(files_max=50, unpacked_max_bytes=100_000)


def _zip(method: int, *names: str, mode: int = stat.S_IFREG | 0o644) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as zipped:
        for name in names:
            info = zipfile.ZipInfo(name, (2026, 3, 1, 12, 0, 0))
            info.compress_type, info.external_attr = method, mode << 16
            zipped.writestr(info, b"main.py" * 20)
        zipped.comment = b"comment"
    return buffer.getvalue()


def _large(data: bytes) -> bytes:
    """With the records of a zip of more than 4 GB."""
    end = data.rfind(b"PK\x05\x06")
    count, size_bytes, offset = struct.unpack_from("<HII", data, end + 10)
    record = (44, 45, 45, 0, 0, count, count, size_bytes, offset)
    large = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", *record)
    return data[:end] + large + struct.pack("<4sLQL", b"PK\x06\x07", 0, end, 1) + data[end:]


SEEDS = [
    _zip(zipfile.ZIP_DEFLATED, "app/", "app/main.py", "grüße.txt"),
    _zip(zipfile.ZIP_STORED, "main.py", "../x", "/etc/x"),
    _zip(zipfile.ZIP_STORED, "link", mode=stat.S_IFLNK | 0o777),
    _zip(zipfile.ZIP_BZIP2, "main.py"),
    _large(_zip(zipfile.ZIP_DEFLATED, "main.py")),
    b"before it" + _zip(zipfile.ZIP_DEFLATED, "main.py"),
    _zip(zipfile.ZIP_STORED),
]


def attack(data: bytes) -> None:
    """Converts, then unpacks what comes of it as every other archive is."""
    with world() as root:
        source, target, tree = (root / "box" / name for name in ("in.zip", "out.tar.gz", "tree"))
        source.write_bytes(data)
        try:
            convert(source, target, LIMITS)
        except ArchiveInvalid as error:
            refusal = error
        else:
            _unpack(target, tree)
            return
        assert refusal.message.isprintable()
        assert not target.exists()


def _unpack(archive: Path, tree: Path) -> None:
    try:
        intake._extract(archive, tree, LIMITS, threading.Event())
    except ArchiveInvalid:
        assert not tree.exists()
    else:
        check_tree(tree)
