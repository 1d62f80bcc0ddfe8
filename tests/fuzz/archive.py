"""Bytes as a tar, packed and unpacked: whatever they are, they stay in their place.

The bytes are the tar, not the gzip: a mutated checksum would end each try at once. The first byte
decides whether they are damaged after packing, so that the gzip reader is reached as well.
"""

import gzip
import io
import tarfile
import threading

from sotabox.builds import intake
from sotabox.builds.archive import ArchiveLimits
from sotabox.builds.tarstream import BLOCK
from sotabox.errors import ArchiveInvalid
from tests.fuzz.world import check_tree, world

LIMITS = ArchiveLimits(files_max=50, unpacked_max_bytes=100_000)
_RAW = b"R"  # the rest is sent as it is
_TAR = b"T"  # the rest is a tar, its headers' checksums are made right


def _tar(*entries: tuple[str, bytes, str, dict[str, str]], format_: int) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=format_) as tar:
        for name, kind, link, pax in entries:
            info = tarfile.TarInfo(name)
            info.type, info.linkname, info.pax_headers = kind, link, pax
            content = b"hello" if kind == tarfile.REGTYPE else b""
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue().rstrip(b"\0") + bytes(3 * BLOCK)


_TREE: tuple[tuple[str, bytes, str, dict[str, str]], ...] = (
    ("app", tarfile.DIRTYPE, "", {}),
    ("app/main.py", tarfile.REGTYPE, "", {}),
    ("app/link", tarfile.SYMTYPE, "main.py", {}),
    ("app/hard", tarfile.LNKTYPE, "app/main.py", {}),
    ("n" * 120 + "/long", tarfile.REGTYPE, "", {}),
)
_PAX = (("a", tarfile.REGTYPE, "", {"path": "b", "mtime": "1.5", "size": "5"}),)
_TARS = [
    _tar(*_TREE, format_=tarfile.GNU_FORMAT),
    _tar(*_TREE, *_PAX, format_=tarfile.PAX_FORMAT),
    _tar(("out", tarfile.SYMTYPE, "../..", {}), format_=tarfile.USTAR_FORMAT),
    _tar(("../secret", tarfile.REGTYPE, "", {}), format_=tarfile.USTAR_FORMAT),
    _tar(("/etc/x", tarfile.REGTYPE, "", {}), format_=tarfile.USTAR_FORMAT),
    _tar(("null", tarfile.CHRTYPE, "", {}), format_=tarfile.USTAR_FORMAT),
]
SEEDS = [
    *(_TAR + tar for tar in _TARS),
    *(_RAW + gzip.compress(tar, 1, mtime=0) for tar in _TARS),
    _RAW + gzip.compress(b"", mtime=0) * 2 + gzip.compress(_TARS[0], 0, mtime=0),
]


def attack(data: bytes) -> None:
    """Unpacks; the result is a tree of plain things, or nothing and an error of ours."""
    mode, body = data[:1], data[1:]
    packed = gzip.compress(_summed(body), 1) if mode == _TAR else body
    with world() as root:
        archive, tree = root / "box" / "archive", root / "box" / "tree"
        archive.write_bytes(packed)
        try:
            listing = intake._extract(archive, tree, LIMITS, threading.Event())
        except ArchiveInvalid as error:
            refusal = error
        else:
            check_tree(tree)
            assert listing.paths
            assert listing.unpacked_bytes <= LIMITS.unpacked_max_bytes
            return
        assert refusal.message.isprintable()
        assert [path.name for path in (root / "box").iterdir()] == ["archive"]


def _summed(tar: bytes) -> bytes:
    """The tar with a right checksum in every block that could be a header."""
    blocks = bytearray(tar)
    for at in range(0, len(blocks) - BLOCK + 1, BLOCK):
        if any(blocks[at : at + BLOCK]):
            blocks[at + 148 : at + 156] = b" " * 8
            blocks[at + 148 : at + 156] = b"%06o\0 " % sum(blocks[at : at + BLOCK])
    return bytes(blocks)
