"""Checks an uploaded archive and unpacks it; `archive` decides about each entry.

Both work in a thread and stop soon after they are cancelled. Kill -9 leaves at most `{name}.partial`
beside the destination, which the next try removes.
"""

import asyncio
import errno
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sotabox.builds.archive import ArchiveChecker, ArchiveLimits, Kind, Member, show
from sotabox.builds.tarstream import GzipStream, TarStream
from sotabox.errors import ArchiveInvalid, DiskFull

#: Headers, long names and padding of an entry, beyond its content.
_OVERHEAD_BYTES: Final = 4096
_PADDING_BYTES: Final = 1_000_000
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
_EARLIEST_MTIME_S: Final = 315_532_800  # 1980: before it a time is a placeholder


@dataclass(frozen=True, slots=True)
class Listing:
    """What a good archive holds: files and links sorted, without what is never unpacked."""

    paths: tuple[str, ...]
    unpacked_bytes: int


async def check_archive(path: Path, limits: ArchiveLimits) -> Listing:
    """Reads the whole archive, writes nothing; memory stays flat whatever is in it.

    Raises:
        ArchiveInvalid: see `archive` and `tarstream`; the message names the entry.
    """
    return await _in_thread(lambda stop: _check(path, limits, stop))


async def extract(path: Path, destination: Path, limits: ArchiveLimits) -> Listing:
    """Unpacks the archive to `destination`, whole or not at all; one that is there is replaced.

    Owners are ignored, modes are 0o755 or 0o644, links are kept.

    Raises:
        ArchiveInvalid: as `check_archive` does.
        DiskFull: there is no room for it.
    """
    return await _in_thread(lambda stop: _extract(path, destination, limits, stop))


async def _in_thread(work: Callable[[threading.Event], Listing]) -> Listing:
    """`work` in a thread; when cancelled, it is told to stop and waited for."""
    stop = threading.Event()
    task = asyncio.ensure_future(asyncio.to_thread(work, stop))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        stop.set()
        await asyncio.wait([task])
        if not task.cancelled():
            task.exception()  # ours to drop: whoever cancelled no longer asks
        raise


class _Stopped(Exception):
    """The caller was cancelled."""


def _members(
    path: Path, checker: ArchiveChecker, stop: threading.Event
) -> Iterator[tuple[Member, TarStream]]:
    """The accepted members, each with the stream to read its content from."""
    limits = checker.limits
    bound = limits.unpacked_max_bytes + limits.files_max * _OVERHEAD_BYTES + _PADDING_BYTES
    with path.open("rb") as file:
        stream = TarStream(GzipStream(file, bound))
        for entry in stream:
            if stop.is_set():
                raise _Stopped
            if (member := checker.check(entry)) is not None:
                yield member, stream
    checker.finish()


def _check(path: Path, limits: ArchiveLimits, stop: threading.Event) -> Listing:
    checker = ArchiveChecker(limits)
    for _ in _members(path, checker, stop):
        pass
    return Listing(checker.paths, checker.unpacked_bytes)


def _extract(
    path: Path, destination: Path, limits: ArchiveLimits, stop: threading.Event
) -> Listing:
    partial = destination.with_name(f"{destination.name}.partial")
    _remove(partial)
    checker = ArchiveChecker(limits)
    try:
        partial.mkdir(parents=True)
        _write(partial, path, checker, stop)
        _remove(destination)
        partial.rename(destination)
    except OSError as error:
        _remove(partial)
        if error.errno in _FULL:
            raise DiskFull(
                "There is no room on this box to unpack the archive",
                hint="Free some disk space, then deploy again.",
            ) from error
        raise
    except BaseException:
        _remove(partial)
        raise
    return Listing(checker.paths, checker.unpacked_bytes)


def _write(root: Path, path: Path, checker: ArchiveChecker, stop: threading.Event) -> None:
    """Writes every member below `root`; links come last, so that no write can go through one."""
    links = []
    now_s = int(time.time())
    for member, stream in _members(path, checker, stop):
        target = root / member.path
        if member.kind is Kind.DIRECTORY:
            target.mkdir(parents=True, exist_ok=True)
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        if member.kind is Kind.SYMLINK:
            links.append(member)
        elif member.kind is Kind.HARDLINK:
            _link(root, member)
        else:
            _write_file(target, member, stream, now_s)
    for member in links:
        (root / member.path).symlink_to(member.link)


def _link(root: Path, member: Member) -> None:
    if member.path != member.link:
        (root / member.path).unlink(missing_ok=True)
        os.link(root / member.link, root / member.path, follow_symlinks=False)


def _write_file(target: Path, member: Member, stream: TarStream, now_s: int) -> None:
    """Writes a file with its own time, or this deploy's when the archive gives none.

    Many servers make an ETag of size and time alone: with a placeholder such as 0 for all files, a
    changed one of the same size would be taken for the old one.
    """
    target.unlink(missing_ok=True)  # an archive may hold a file twice: the last one counts
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        written = 0
        for part in stream.content():
            written += file.write(part)
        if written != member.size_bytes:
            raise ArchiveInvalid(f"The entry '{show(member.path)}' is shorter than it says")
        file.flush()
        mtime_s = member.mtime_s if _EARLIEST_MTIME_S < member.mtime_s <= now_s else now_s
        os.fchmod(descriptor, member.mode)
        os.utime(descriptor, (mtime_s, mtime_s))


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
