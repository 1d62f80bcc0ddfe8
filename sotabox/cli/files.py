"""Small files, replaced whole or not at all."""

import contextlib
import os
from pathlib import Path

from sotabox.errors import Invalid


def write_private(path: Path, text: str) -> None:
    """Replaces a file that only its owner may read, as `write_shared`; its folder may be missing."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise _unwritable(path, error) from error
    _replace(path, text, 0o600)


def write_shared(path: Path, text: str) -> None:
    """Replaces a file that everybody may read.

    Raises:
        Invalid: it can't be written.
    """
    _replace(path, text, 0o644)


def _replace(path: Path, text: str, mode: int) -> None:
    fresh = path.with_name(f".{path.name}.{os.urandom(4).hex()}")
    try:
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError as error:
        raise _unwritable(path, error) from error
    finally:
        with contextlib.suppress(OSError):
            fresh.unlink(missing_ok=True)


def _unwritable(path: Path, error: OSError) -> Invalid:
    return Invalid(
        f"{path} can't be written: {error.strerror}",
        hint="Who runs this must be able to write there, and the disk must have room.",
    )
