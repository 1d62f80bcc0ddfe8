"""A folder with things of the box beside the place where an upload goes, and what must hold of it."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SECRET = "the box's own"


@contextmanager
def world() -> Iterator[Path]:
    """A folder `box` for what an attack makes, with secrets around it that it must not touch."""
    root = Path(tempfile.mkdtemp(prefix="fuzz-", dir=_MEMORY if _MEMORY.is_dir() else None))
    try:
        (root / "box").mkdir()
        (root / "secret").write_text(SECRET)
        yield root
        assert sorted(path.name for path in root.iterdir()) == ["box", "secret"]
        assert (root / "secret").read_text() == SECRET
    finally:
        shutil.rmtree(root)


def check_tree(tree: Path) -> None:
    """Only plain things with plain modes, and no link leads out."""
    for directory, names, files in os.walk(tree):
        for name in (*names, *files):
            path = Path(directory, name)
            assert path.is_symlink() or path.is_file() or path.is_dir()
            assert Path(os.path.realpath(path)).is_relative_to(tree)
            assert path.is_symlink() or path.stat().st_mode & 0o7777 in (0o644, 0o755)


_MEMORY = Path("/dev/shm")  # noqa: S108 - thousands of folders a second
