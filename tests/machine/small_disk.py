"""A small file system in memory, to be filled to its last byte: the machine's own disk never is."""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def small_disk(size_mb: int) -> Iterator[Path]:
    """An empty directory on a file system of that size, for the time of the block."""
    directory = Path(tempfile.mkdtemp(prefix="small-disk-"))
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size_mb}m", "tmpfs", str(directory)]
    subprocess.run(mount, check=True, timeout=30)
    try:
        yield directory
    finally:
        subprocess.run(["umount", "--lazy", str(directory)], check=True, timeout=30)
        directory.rmdir()


@contextmanager
def filled(directory: Path) -> Iterator[None]:
    """For the time of the block the file system of that directory has not one byte left."""
    ballast = directory / "ballast"
    fill(ballast)
    try:
        yield
    finally:
        ballast.unlink()


def fill(path: Path) -> None:
    """Writes a file until its file system has not one byte left."""
    with path.open("wb", buffering=0) as file:
        for size_bytes in (1_000_000, 4096, 1):
            with suppress(OSError):
                while True:
                    file.write(bytes(size_bytes))
