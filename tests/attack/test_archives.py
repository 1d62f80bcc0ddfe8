"""Thousands of hostile archives through the real `extract`: nothing outside, nothing left behind.

Hypothesis makes the structure, with names that are likely to meet each other; whatever the verdict,
the promise is about the disk. A file beside the destination stands for the rest of the box.
"""

import gzip
import io
import os
import random
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sotabox.builds.archive import ArchiveLimits
from sotabox.builds.intake import Listing, extract
from sotabox.builds.source import DirectoryTree
from sotabox.errors import ArchiveInvalid

LIMITS = ArchiveLimits(files_max=50, unpacked_max_bytes=100_000)
SECRET = "the box's own"

_PARTS = st.sampled_from(
    [
        "a",
        "b",
        "c",
        "..",
        ".",
        "",
        "/",
        "a/b",
        "../secret",
        "a/../..",
        "\\..",
        "..\\x",
        "%2e%2e",
        "\u2024\u2024",
        "\uff0e\uff0e",
        "a ",
        "-rf",
        "node_modules",
        ".git",
        "n\nl",
        "\x1b[2J",
        "�",
    ]
)
_NAMES = st.lists(_PARTS, min_size=1, max_size=4).map("/".join)
_KINDS = st.sampled_from(
    [tarfile.REGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE,
     tarfile.CHRTYPE, tarfile.CONTTYPE, tarfile.GNUTYPE_SPARSE, b"Z"]
)  # fmt: skip
_PAX = st.dictionaries(
    st.sampled_from(["path", "linkpath", "size", "mtime", "GNU.sparse.name", "uid", "comment"]),
    _NAMES | st.sampled_from(["-1", "--1", "\u00b2", "9" * 19, "1e9", "0x10", " 1", "1_0"]),
    max_size=2,
)
_ENTRIES = st.lists(
    st.tuples(_NAMES, _KINDS, _NAMES, st.binary(max_size=40), _PAX, st.integers(0, 0o7777)),
    max_size=8,
)


def packed(entries: list[tuple[str, bytes, str, bytes, dict[str, str], int]]) -> bytes:
    """A `.tar.gz` of entries that no archiver would write."""
    buffer = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=buffer, mode="wb", compresslevel=1, mtime=0) as zipped,
        tarfile.open(
            fileobj=zipped, mode="w", format=tarfile.PAX_FORMAT, errors="surrogateescape"
        ) as tar,
    ):
        for name, kind, link, content, pax, mode in entries:
            info = tarfile.TarInfo(name)
            info.type, info.linkname, info.mode, info.pax_headers = kind, link, mode, pax
            info.size = len(content) if kind == tarfile.REGTYPE else 0
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


@contextmanager
def world() -> Iterator[Path]:
    """A folder with an archive's destination to be, and a secret next to it."""
    root = Path(tempfile.mkdtemp(prefix="attack-"))
    try:
        (root / "box").mkdir()
        (root / "secret").write_text(SECRET)
        (root / "box" / "secret").write_text(SECRET)
        yield root
    finally:
        shutil.rmtree(root)


def others(root: Path) -> dict[str, str]:
    """Everything but the destination."""
    return {
        str(path.relative_to(root)): path.read_text() if path.is_file() else ""
        for path in root.rglob("*")
        if "tree" not in path.relative_to(root).parts and path.name != "archive"
    }


async def attack(data: bytes) -> Listing | None:
    """Unpacks; checks what must hold whatever came out. The listing, None where it was refused."""
    with world() as root:
        archive, tree = root / "archive", root / "box" / "tree"
        archive.write_bytes(data)
        before = others(root)
        try:
            listing, said = await extract(archive, tree, LIMITS), ""
        except ArchiveInvalid as error:
            listing, said = None, error.message
        assert others(root) == before
        assert not list(root.rglob("*.partial"))
        if listing is not None:
            check_tree(tree)
        else:
            assert said.isprintable()
            assert not tree.exists()
        return listing


def check_tree(tree: Path) -> None:
    """Only plain things with plain modes, no link leads out, and no reader gets out by one."""
    for directory, names, files in os.walk(tree):
        for name in (*names, *files):
            path = Path(directory, name)
            assert path.is_symlink() or path.is_file() or path.is_dir()
            assert Path(os.path.realpath(path)).is_relative_to(tree.resolve())
            if not path.is_symlink():
                assert path.stat().st_mode & 0o7777 in (0o644, 0o755)
    view = DirectoryTree(tree)
    assert all(SECRET not in (view.read(path) or "") for path in view.paths)


@settings(max_examples=600, deadline=None, suppress_health_check=list(HealthCheck))
@given(_ENTRIES)
@example([("a", tarfile.SYMTYPE, "..", b"", {}, 0), ("a/x", tarfile.REGTYPE, "", b"x", {}, 0o777)])
@example([("a", tarfile.REGTYPE, "", b"", {"mtime": "\u00b2"}, 0)])
@example([("a", tarfile.REGTYPE, "", b"", {"size": "--1"}, 0)])
@example([("a", tarfile.LNKTYPE, "../secret", b"", {}, 0)])
async def test_archive_of_any_structure_stays_in_its_place(
    entries: list[tuple[str, bytes, str, bytes, dict[str, str], int]],
) -> None:
    """Whoever uploads whatever: it lands in its own tree, or nothing of it stays."""
    try:
        data = packed(entries)
    except (UnicodeError, ValueError):
        return  # Python's own archiver can't write it
    await attack(data)


@settings(max_examples=600, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 2**32), st.integers(1, 12))
async def test_archive_with_damaged_bytes_is_read_or_refused(seed: int, flips: int) -> None:
    """A good archive with bytes changed inside the tar: headers, sizes, checksums and all."""
    random_ = random.Random(seed)  # noqa: S311 - to be repeated
    good = gzip.decompress(
        packed(
            [
                ("app", tarfile.DIRTYPE, "", b"", {}, 0o755),
                ("app/main.py", tarfile.REGTYPE, "", b"print(1)\n", {"mtime": "1.5"}, 0o644),
                ("app/link", tarfile.SYMTYPE, "main.py", b"", {}, 0o777),
                ("app/hard", tarfile.LNKTYPE, "app/main.py", b"", {"path": "app/hard"}, 0o644),
            ]
        )
    )
    data = bytearray(good)
    header = random_.randrange(0, len(data) // 512) * 512
    for _ in range(flips):
        data[header + random_.randrange(512)] = random_.choice(b"\0\x80\xff./x057Lgx \n")
    block = data[header : header + 512]
    block[148:156] = b" " * 8
    data[header + 148 : header + 156] = b"%06o\0 " % sum(block)  # so that it is not that alone
    await attack(gzip.compress(bytes(data), 1))


async def test_link_by_way_of_more_links_than_the_kernel_follows_is_refused() -> None:
    """The kernel gives up after 40 links; `realpath` and others would go on, and get out."""
    chain = [(f"l{n}", tarfile.SYMTYPE, ".", b"", {}, 0o777) for n in range(45)]
    way = "/".join(f"l{n}" for n in range(45))
    out = ("out", tarfile.SYMTYPE, f"{way}/../../secret", b"", {}, 0o777)
    assert await attack(packed([*chain, out])) is None


@pytest.mark.parametrize("packs", [1, 3])
async def test_bomb_is_refused_while_it_is_read(packs: int) -> None:
    """A gigabyte of zeros in a megabyte, also in several gzip members, costs neither."""
    part = gzip.compress(bytes(20_000_000), 9)
    with world() as root:
        (root / "archive").write_bytes(part * packs)
        with pytest.raises(ArchiveInvalid):
            await extract(root / "archive", root / "box" / "tree", LIMITS)
        assert not (root / "box" / "tree").exists()
