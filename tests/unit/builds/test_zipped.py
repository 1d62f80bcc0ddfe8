"""Zips become archives like any other, and nothing in one can fill the box."""

import io
import stat
import struct
import tarfile
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from sotabox.builds.archive import ArchiveLimits
from sotabox.builds.intake import extract
from sotabox.builds.zipped import convert, is_zip
from sotabox.errors import ArchiveInvalid

LIMITS = ArchiveLimits(files_max=100, unpacked_max_bytes=1_000_000)


def packed(tmp_path: Path, entries: dict[str | zipfile.ZipInfo, bytes]) -> Path:
    path = tmp_path / "app.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, content in entries.items():
            zipped.writestr(name, content)
    return path


def entry(name: str, mode: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, (2026, 3, 1, 12, 0, 0))
    info.external_attr = mode << 16
    return info


async def test_zip_is_unpacked_as_it_was_packed(tmp_path: Path) -> None:
    """Files, folders, links and what may be run come out as they went in."""
    source = packed(
        tmp_path,
        {
            "index.html": b"<h1>hi</h1>",
            entry("bin/", stat.S_IFDIR | 0o755): b"",
            entry("bin/run.sh", stat.S_IFREG | 0o755): b"#!/bin/sh\n",
            entry("run", stat.S_IFLNK | 0o777): b"bin/run.sh",
            "grüße.txt": b"far",
        },
    )
    assert is_zip(source)
    convert(source, tmp_path / "app.tar.gz", LIMITS)
    await extract(tmp_path / "app.tar.gz", tmp_path / "tree", LIMITS)
    tree = tmp_path / "tree"
    assert (tree / "index.html").read_bytes() == b"<h1>hi</h1>"
    assert (tree / "bin/run.sh").stat().st_mode & 0o777 == 0o755
    assert (tree / "run").readlink() == Path("bin/run.sh")
    assert (tree / "grüße.txt").read_bytes() == b"far"


async def test_zip_with_a_path_out_of_it_is_refused(tmp_path: Path) -> None:
    """An entry named ../../etc/passwd gets no further than in any archive."""
    source = packed(tmp_path, {"../../outside.txt": b"x", "index.html": b"y"})
    convert(source, tmp_path / "app.tar.gz", LIMITS)
    with pytest.raises(ArchiveInvalid):
        await extract(tmp_path / "app.tar.gz", tmp_path / "tree", LIMITS)


def test_zip_that_becomes_too_large_is_refused(tmp_path: Path) -> None:
    """A kilobyte that unpacks to megabytes stops at the limit, and leaves nothing."""
    source = packed(tmp_path, {"zeros": bytes(2_000_000)})
    assert source.stat().st_size < 5000
    with pytest.raises(ArchiveInvalid, match="1,000,000"):
        convert(source, tmp_path / "app.tar.gz", LIMITS)
    assert not (tmp_path / "app.tar.gz").exists()


def test_zip_that_lies_about_a_size_is_refused(tmp_path: Path) -> None:
    """What an entry says of its size is all that is ever read of it."""
    source = packed(tmp_path, {"zeros": bytes(500_000)})
    data = source.read_bytes().replace((500_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    source.write_bytes(data)
    with pytest.raises(ArchiveInvalid):
        convert(source, tmp_path / "app.tar.gz", LIMITS)
    assert not (tmp_path / "app.tar.gz").exists()


def test_zip_with_too_many_entries_is_refused_before_it_is_read(tmp_path: Path) -> None:
    """A directory of a million entries is not even loaded."""
    source = packed(tmp_path, {f"f{n}": b"" for n in range(101)})
    with pytest.raises(ArchiveInvalid, match="more than 100 entries"):
        convert(source, tmp_path / "app.tar.gz", LIMITS)


@pytest.mark.parametrize("size", [0, 3, 10, 40])
def test_cut_zip_is_told_as_broken(tmp_path: Path, size: int) -> None:
    """Half a file is no archive."""
    source = packed(tmp_path, {"index.html": b"hello"})
    source.write_bytes(source.read_bytes()[:size])
    with pytest.raises(ArchiveInvalid, match="can't be read"):
        convert(source, tmp_path / "app.tar.gz", LIMITS)


def test_encrypted_zip_is_told_as_such(tmp_path: Path) -> None:
    """We have no password, and say so."""
    source = packed(tmp_path, {"index.html": b"hello"})
    data = bytearray(source.read_bytes())
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    source.write_bytes(data)
    with pytest.raises(ArchiveInvalid, match="encrypted"):
        convert(source, tmp_path / "app.tar.gz", LIMITS)


def test_tar_is_no_zip(tmp_path: Path) -> None:
    """Only what begins as a zip is converted."""
    with tarfile.open(tmp_path / "app.tar.gz", "w:gz") as archive:
        archive.addfile(tarfile.TarInfo("a"), io.BytesIO())
    assert not is_zip(tmp_path / "app.tar.gz")


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_methods_that_unpack_without_bound_are_refused(method: int, tmp_path: Path) -> None:
    """A few kilobytes that say they hold one byte would become gigabytes of memory."""
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", method) as zipped:
        zipped.writestr("bomb", bytes(50_000_000))
    assert path.stat().st_size < 10_000
    tracemalloc.start()
    with pytest.raises(ArchiveInvalid, match="'bomb' is packed in an unusual way"):
        convert(path, tmp_path / "out", LIMITS)
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak_bytes < 5_000_000
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("mark", "at", "value"),
    [
        (b"PK\x05\x06", 16, 5000),  # the directory's offset: every entry begins before the file
        (b"PK\x01\x02", 46, 0),  # the first byte of a name: none is left
    ],
)
def test_zip_with_a_lying_directory_is_told_as_broken(
    mark: bytes, at: int, value: int, tmp_path: Path
) -> None:
    """An entry before the file's beginning, or without a name, is the sender's fault, not ours."""
    source = packed(tmp_path, {"a": b"x"})
    data = bytearray(source.read_bytes())
    struct.pack_into("<I" if value else "<B", data, data.rfind(mark) + at, value)
    source.write_bytes(data)
    with pytest.raises(ArchiveInvalid):
        convert(source, tmp_path / "app.tar.gz", LIMITS)
    assert not (tmp_path / "app.tar.gz").exists()


def test_zip_with_a_second_directory_behind_the_counted_one_is_refused(tmp_path: Path) -> None:
    """An end record that shows an empty directory, and a locator that leads the reader to another."""
    source = packed(tmp_path, {f"f{n}": b"" for n in range(LIMITS.files_max + 1)})
    data = source.read_bytes()
    end = data.rfind(b"PK\x05\x06")
    count, size_bytes, offset = struct.unpack_from("<HII", data, end + 10)
    large = struct.pack(
        "<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, size_bytes, offset
    )
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, end, 1)
    decoy = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0, 0, 0, 0, 0)
    source.write_bytes(data[:end] + large + locator + decoy)
    with zipfile.ZipFile(source) as zipped:
        assert len(zipped.infolist()) == LIMITS.files_max + 1
    with pytest.raises(ArchiveInvalid, match="65,535"):
        convert(source, tmp_path / "app.tar.gz", LIMITS)


def test_zip_is_never_held_in_memory(tmp_path: Path) -> None:
    """A large upload costs its directory, not its size."""
    source = tmp_path / "app.zip"
    with zipfile.ZipFile(source, "w", zipfile.ZIP_STORED) as zipped:
        zipped.writestr("large", bytes(20_000_000))
    tracemalloc.start()
    convert(source, tmp_path / "app.tar.gz", ArchiveLimits(100, 30_000_000))
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak_bytes < 5_000_000
