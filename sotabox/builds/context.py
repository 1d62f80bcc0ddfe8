"""The build context: a tar for the engine, made while it is sent, never whole in memory.

The Dockerfile comes first, with an integer time and a short name, as the engine takes a body whose
first header is anything more for a Dockerfile itself. Owners and modes are normalised; times are
those of the files, which the engine's cache ignores and servers of files make their ETags of.
"""

import asyncio
import os
import stat
import tarfile
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sotabox.builds.dockerignore import Ignore, Verdict, first_of
from sotabox.builds.plan import BuildMethod, BuildPlan
from sotabox.builds.source import NEVER_SENT, DirectoryTree
from sotabox.errors import Internal, Invalid

#: The context's directory with the app's tree, where the Dockerfile is ours.
SOURCE_DIR: Final = "source"
CHUNK: Final = 512 * 1024
_BLOCK: Final = 512
_NAME_MAX_BYTES: Final = 100  # of a tar header without extension


@dataclass(frozen=True, slots=True)
class File:
    """An entry of the context: content from `data` or `path`, or a link's target."""

    name: str
    mode: int
    size_bytes: int = 0
    mtime_s: int = 0
    data: bytes | None = None
    path: Path | None = None
    link: str | None = None

    @property
    def header(self) -> bytes:
        """Its tar header."""
        info = tarfile.TarInfo(self.name)
        info.mode, info.mtime, info.size = self.mode, self.mtime_s, self.size_bytes
        if self.link is not None:
            info.type, info.linkname = tarfile.SYMTYPE, self.link
        elif self.data is None and self.path is None:
            info.type = tarfile.DIRTYPE
        return info.tobuf(tarfile.GNU_FORMAT, "utf-8", "surrogateescape")


@dataclass(frozen=True, slots=True)
class Context:
    """A build context, ready to be sent as often as wanted.

    `dockerfile` is the name to build by; `size_bytes` counts contents, not headers.
    """

    dockerfile: str
    files: tuple[File, ...]

    @property
    def size_bytes(self) -> int:
        return sum(file.size_bytes for file in self.files)

    def __iter__(self) -> Iterator[bytes]:
        """The tar in chunks of about `CHUNK` bytes.

        Raises:
            Internal: a file changed while it was sent.
        """
        waiting = bytearray()
        for file in self.files:
            waiting += file.header
            for part in _content(file):
                waiting += part
                if len(waiting) >= CHUNK:
                    yield bytes(waiting)
                    waiting.clear()
            waiting += bytes(-file.size_bytes % _BLOCK)
        yield bytes(waiting + bytes(2 * _BLOCK))

    async def stream(self) -> AsyncIterator[bytes]:
        """The same chunks, read in a thread."""
        chunks = iter(self)
        while (chunk := await asyncio.to_thread(next, chunks, None)) is not None:
            yield chunk


def plan_context(root: Path, plan: BuildPlan, dockerfile: str | None = None) -> Context:
    """The context of an app's build.

    Args:
        root: the unpacked archive.
        plan: says which directory is sent.
        dockerfile: the text that the plan renders to; None where the app brings its own.

    Raises:
        Invalid: the app's own Dockerfile has too long a path.
    """
    top = root / plan.context_root
    if plan.build_method is BuildMethod.DOCKERFILE:
        return _own_dockerfile(top, plan.dockerfile or "Dockerfile")
    ignore = _ignore(top, None)
    files = tuple(_walk(top, ignore, f"{SOURCE_DIR}/", _is_left_out))
    return Context("Dockerfile", (text_file("Dockerfile", dockerfile or ""), *files))


def files_context(dockerfile: str, files: Mapping[str, bytes | Path]) -> Context:
    """A context of a Dockerfile and some files, made of bytes or copied from elsewhere."""
    entries = [text_file("Dockerfile", dockerfile)]
    for name, content in sorted(files.items()):
        if isinstance(content, bytes):
            entries.append(File(name, 0o644, len(content), data=content))
        else:
            entries.append(File(name, 0o755, content.stat().st_size, path=content))
    return Context("Dockerfile", tuple(entries))


def text_file(name: str, text: str) -> File:
    """A file of ours, without a time of its own."""
    data = text.encode()
    return File(name, 0o644, len(data), data=data)


def _own_dockerfile(top: Path, name: str) -> Context:
    if len(name.encode()) > _NAME_MAX_BYTES:
        raise Invalid(
            f"The Dockerfile's path has more than {_NAME_MAX_BYTES} bytes", hint="Move it up."
        )
    first = _entry(top / name, name)
    files = _walk(top, _ignore(top, name), "", lambda _: False)
    return Context(name, (first, *(file for file in files if file.name != name)))


def _ignore(top: Path, dockerfile: str | None) -> Ignore:
    tree = DirectoryTree(top)
    own = tree.read(f"{dockerfile}.dockerignore") if dockerfile else None
    return first_of((own, tree.read(".dockerignore")))


def _is_left_out(name: str) -> bool:
    """What an upload holds that an app of ours never gets: secrets of a laptop, its virtualenv."""
    return name.startswith(".env") or name == ".venv"


def _walk(
    top: Path, ignore: Ignore, prefix: str, left_out: Callable[[str], bool]
) -> Iterator[File]:
    """Everything below `top` that is sent, directories before what is in them."""
    waiting: list[tuple[str, Verdict | None]] = [("", None)]
    while waiting:
        directory, above = waiting.pop()
        with os.scandir(top / directory) as found:
            entries = sorted(found, key=lambda entry: entry.name)
        below = []
        for entry in entries:
            if entry.name in NEVER_SENT or left_out(entry.name):
                continue
            path = f"{directory}/{entry.name}" if directory else entry.name
            verdict = ignore.judge(path, above)
            entered = not verdict.excluded or ignore.takes_back
            if entered and entry.is_dir(follow_symlinks=False):
                below.append((path, verdict))
            if not verdict.excluded:
                yield _entry(Path(entry.path), prefix + path)
        waiting.extend(reversed(below))


def _entry(path: Path, name: str) -> File:
    found = path.lstat()
    mtime_s = int(found.st_mtime)
    if stat.S_ISLNK(found.st_mode):
        return File(name, 0o777, mtime_s=mtime_s, link=str(path.readlink()))
    if stat.S_ISDIR(found.st_mode):
        return File(name, 0o755, mtime_s=mtime_s)
    mode = 0o755 if found.st_mode & 0o111 else 0o644
    return File(name, mode, found.st_size, mtime_s, path=path)


def _content(file: File) -> Iterator[bytes]:
    if file.data is not None:
        yield file.data
    elif file.path is not None:
        left = file.size_bytes
        with file.path.open("rb") as source:
            while left and (part := source.read(min(left, CHUNK))):
                left -= len(part)
                yield part
        if left:
            raise Internal(f"{file.name} changed while the build was sent to the engine")
