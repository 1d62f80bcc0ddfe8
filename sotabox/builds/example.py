"""The example app that every copy of sotabox carries, as the archive that a box takes in."""

import io
import tarfile
from pathlib import Path

from sotabox.assets import folder

NAME = "Hello"
SLUG = "hello"


def source() -> Path:
    """Where its files are."""
    return folder("examples") / "static"


def pack(tree: Path) -> bytes:
    """The app in `tree` as a `.tar.gz`, without what only the suite reads. Blocks."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for path in sorted(tree.rglob("*")):
            if path.name != "expect.toml":
                archive.add(path, path.relative_to(tree).as_posix(), recursive=False)
    return buffer.getvalue()
