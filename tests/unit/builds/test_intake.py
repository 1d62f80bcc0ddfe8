"""Checking and unpacking archives on disk."""

import asyncio
import gzip
import io
import os
import tarfile
import time
from pathlib import Path

import pytest

from sotabox.builds.archive import ArchiveLimits
from sotabox.builds.intake import check_archive, extract
from sotabox.errors import ArchiveInvalid

LIMITS = ArchiveLimits(files_max=1000, unpacked_max_bytes=50_000_000)


def pack(path: Path, *members: tuple[str, bytes | str | None, dict[str, object]]) -> Path:
    """A .tar.gz of files (bytes), links (text) and directories (None)."""
    with tarfile.open(path, "w:gz", compresslevel=1) as tar:
        for name, content, fields in members:
            info = tarfile.TarInfo(name)
            if isinstance(content, bytes):
                info.size = len(content)
            elif content is None:
                info.type = tarfile.DIRTYPE
            else:
                info.type, info.linkname = tarfile.SYMTYPE, content
            for key, value in fields.items():
                setattr(info, key, value)
            tar.addfile(info, io.BytesIO(content) if isinstance(content, bytes) else None)
    return path


async def test_extract_tree_is_what_was_packed(tmp_path: Path) -> None:
    """Files, their x bits, links and empty directories arrive; owners and odd bits don't."""
    archive = pack(
        tmp_path / "a.tar.gz",
        ("./", None, {"mode": 0o700}),
        ("./run.sh", b"#!/bin/sh\n", {"mode": 0o4777, "uid": 1234}),
        ("./d/data", b"x" * 300_000, {"mode": 0o600, "mtime": 1_700_000_000}),
        ("./latest", "d/data", {}),
        ("./copy", "d/data", {"type": tarfile.LNKTYPE}),
        ("./empty", None, {}),
        ("./node_modules/x/index.js", b"x", {}),
    )
    listing = await extract(archive, tmp_path / "tree", LIMITS)
    tree = tmp_path / "tree"
    assert listing.paths == ("copy", "d/data", "latest", "run.sh")
    assert (tree / "run.sh").stat().st_mode & 0o7777 == 0o755
    assert (tree / "d/data").stat().st_mode & 0o7777 == 0o644
    assert (tree / "d/data").read_bytes() == b"x" * 300_000
    assert (tree / "d/data").stat().st_mtime == 1_700_000_000
    assert (tree / "d/data").stat().st_uid == os.getuid()
    assert (tree / "latest").readlink() == Path("d/data")
    assert (tree / "copy").samefile(tree / "d/data")
    assert (tree / "empty").is_dir()
    assert not (tree / "node_modules").exists()
    assert await check_archive(archive, LIMITS) == listing


@pytest.mark.parametrize("mtime", [0, 1, 10**11])
async def test_extract_placeholder_time_becomes_this_deploys(tmp_path: Path, mtime: int) -> None:
    """A server that makes ETags of size and time never calls a changed file unchanged."""
    before = int(time.time())
    archive = pack(tmp_path / "a.tar.gz", ("a", b"x", {"mtime": mtime}))
    await extract(archive, tmp_path / "tree", LIMITS)
    assert (tmp_path / "tree" / "a").stat().st_mtime >= before


@pytest.mark.parametrize(
    "last",
    [("../escape", b"x", {}), ("/etc/escape", b"x", {}), ("out", "/etc", {}), ("f", b"", {"type": tarfile.FIFOTYPE})],
)  # fmt: skip
async def test_extract_bad_entry_leaves_nothing(
    tmp_path: Path, last: tuple[str, bytes | str, dict[str, object]]
) -> None:
    """An archive is unpacked whole or not at all."""
    archive = pack(tmp_path / "a.tar.gz", ("good", b"x", {}), last)
    with pytest.raises(ArchiveInvalid):
        await extract(archive, tmp_path / "tree", LIMITS)
    with pytest.raises(ArchiveInvalid):
        await check_archive(archive, LIMITS)
    assert [path.name for path in tmp_path.iterdir()] == ["a.tar.gz"]


async def test_extract_again_replaces_what_a_killed_try_left(tmp_path: Path) -> None:
    """A box that was killed in the middle unpacks again as if nothing had been."""
    (tmp_path / "tree.partial").mkdir()
    (tmp_path / "tree.partial" / "half").write_text("x")
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "old").write_text("x")
    await extract(pack(tmp_path / "a.tar.gz", ("new", b"x", {})), tmp_path / "tree", LIMITS)
    assert [path.name for path in (tmp_path / "tree").iterdir()] == ["new"]
    assert not (tmp_path / "tree.partial").exists()


async def test_extract_link_before_its_target_is_not_written_through(tmp_path: Path) -> None:
    """A file below a link's name is refused before anything is written there."""
    outside = tmp_path / "outside"
    outside.mkdir()
    archive = pack(tmp_path / "a.tar.gz", ("d", "sub", {}), ("d/evil", b"x", {}))
    with pytest.raises(ArchiveInvalid, match="lies below"):
        await extract(archive, tmp_path / "tree", LIMITS)
    assert not list(outside.iterdir())


async def test_extract_cancelled_ends_and_leaves_nothing(tmp_path: Path) -> None:
    """A cancelled deployment doesn't go on writing."""
    members = [(f"d{n}/f", b"x" * 20_000, {}) for n in range(900)]
    archive = pack(tmp_path / "a.tar.gz", *members)
    task = asyncio.create_task(extract(archive, tmp_path / "tree", LIMITS))
    partial = tmp_path / "tree.partial"
    while not partial.exists():
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [path.name for path in tmp_path.iterdir()] == ["a.tar.gz"]


async def test_check_archive_of_text_says_not_gzip(tmp_path: Path) -> None:
    """A wrong file is named as such."""
    (tmp_path / "a").write_bytes(b"hello")
    with pytest.raises(ArchiveInvalid, match="not gzip"):
        await check_archive(tmp_path / "a", LIMITS)


async def test_check_archive_bomb_is_refused(tmp_path: Path) -> None:
    """A small upload can't fill the disk."""
    info = tarfile.TarInfo("zeros")
    info.size = 100_000_000
    (tmp_path / "a").write_bytes(gzip.compress(info.tobuf() + bytes(info.size), 9))
    with pytest.raises(ArchiveInvalid, match="more than 50 MB"):
        await check_archive(tmp_path / "a", LIMITS)
